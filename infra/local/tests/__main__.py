"""Runs the tests of the deployment, a part of `make template`: `.local/sam/bin/python infra/local/tests`."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

if __name__ == "__main__":
    unittest.main(module=None, argv=[sys.argv[0], "discover", "--start-directory", str(HERE), *sys.argv[1:]])
