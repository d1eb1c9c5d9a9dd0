//! Draws ratios of figures to their limits as an SVG, for light and dark pages.

use serde_json::Value;

use super::figures::decimals;

/// Units of the drawing: the width, where the plot begins and ends, and the height of a line.
const WIDTH: f64 = 760.0;
const LEFT: f64 = 200.0;
const RIGHT: f64 = 560.0;
const LINE: f64 = 22.0;

/// Colours that a browser chooses by the page around the image; the background makes it readable anywhere.
const STYLE: &str = "
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .quiet { fill: #59636e }
  .right { text-anchor: end }
  .middle { text-anchor: middle }
  .head { font-weight: 600 }
  .paper { fill: #ffffff }
  .grid { stroke: #d1d9e0 }
  .limit, .target { stroke: #59636e; stroke-width: 2 }
  .met { fill: #0969da; stroke: #0969da }
  .missed { fill: #bc4c00; stroke: #bc4c00 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .paper { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .limit, .target { stroke: #9198a1 }
    .met { fill: #4493f8; stroke: #4493f8 }
    .missed { fill: #f0883e; stroke: #f0883e }
  }
";

/// A row of the results.
pub struct Row<'a> {
    /// What was measured.
    pub of: &'a str,
    /// The median, with its unit.
    pub measured: String,
    /// The name of the limit, and its median with its unit.
    pub limit: String,
    /// The ratio of the two.
    pub ratio: f64,
    /// The largest ratio that meets the target.
    pub target: f64,
    /// Whether the ratio meets it.
    pub is_met: bool,
}

impl<'a> Row<'a> {
    /// Reads a row of the data, which has a limit and a target.
    pub fn of(of: &'a str, row: &Value) -> Self {
        let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{of}: {row}"));
        let (unit, decimals) = (row["unit"].as_str().expect("a row has a unit"), decimals(row));
        let text = |summary: &Value| format!("{:.decimals$} {unit}", number(&summary["median"]));
        Self {
            of,
            measured: text(&row["measured"]),
            limit: format!(
                "{}: {}",
                row["limit"]["name"].as_str().expect("a limit has a name"),
                text(&row["limit"]["measured"])
            ),
            ratio: number(&row["ratio"]),
            target: number(&row["target"]["up_to_times"]),
            is_met: row["met"] == true,
        }
    }
}

/// Draws the ratios, in groups with headings.
pub fn draw(groups: &[(&str, Vec<Row<'_>>)]) -> String {
    let rows = || groups.iter().flat_map(|(_, rows)| rows);
    let most = rows().map(|row| row.ratio.max(row.target)).fold(1.5, f64::max);
    let end = (most * 2.0 + 0.2).ceil() / 2.0;
    let x = |ratio: f64| LEFT + (RIGHT - LEFT) * ratio / end;
    let lines = rows().count() + groups.len();
    let (top, bottom) = (60.0, 60.0 + LINE * lines as f64 + 6.0 * groups.len() as f64);
    let height = bottom + 62.0;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">
<title>Times of requests as multiples of their limits</title>
<style>{STYLE}</style>
<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>
<text class="head" x="16" y="28">Times as multiples of their limits</text>
"#
    );
    let mut add = |line: String| svg.push_str(&(line + "\n"));
    for half in 0..=(end * 2.0) as usize {
        let ratio = half as f64 / 2.0;
        let at = x(ratio);
        let class = if half == 2 { "limit" } else { "grid" };
        add(format!(r#"<line class="{class}" x1="{at:.1}" x2="{at:.1}" y1="{top}" y2="{bottom}"/>"#));
        add(format!(r#"<text class="quiet middle" x="{at:.1}" y="{:.0}">{ratio} ×</text>"#, bottom + 18.0));
    }
    let mut y = top + 4.0;
    for (figure, rows) in groups {
        y += LINE - 6.0;
        add(format!(r#"<text class="head" x="16" y="{y:.0}">{figure}</text>"#));
        y += 6.0;
        for row in rows {
            let (middle, text) = (y + LINE / 2.0, y + LINE / 2.0 + 4.5);
            let (class, at, target) =
                (if row.is_met { "met" } else { "missed" }, x(row.ratio), x(row.target));
            add(format!(r#"<text class="right" x="{:.0}" y="{text}">{}</text>"#, LEFT - 10.0, row.of));
            add(format!(
                r#"<line class="target" x1="{target:.1}" x2="{target:.1}" y1="{:.1}" y2="{:.1}"/>"#,
                middle - 7.0,
                middle + 7.0
            ));
            add(format!(
                r#"<line class="{class}" stroke-width="3" x1="{:.1}" x2="{at:.1}" y1="{middle}" y2="{middle}"/>"#,
                x(1.0)
            ));
            add(mark(row.is_met, at, middle));
            let value = format!("{:.2} ×", row.ratio);
            add(format!(r#"<text class="right" x="{:.0}" y="{text}">{value}</text>"#, RIGHT + 66.0));
            add(format!(
                r#"<text class="quiet right" x="{:.0}" y="{text}">{}</text>"#,
                WIDTH - 16.0,
                row.measured
            ));
            y += LINE;
        }
        y += 6.0;
    }
    let legend = height - 16.0;
    let explain = |x: f64, text: &str| format!(r#"<text class="quiet" x="{x}" y="{legend}">{text}</text>"#);
    let (at, from, to) = (LEFT + 240.0, legend - 11.5, legend + 2.5);
    add(mark(true, LEFT, legend - 4.5) + &explain(LEFT + 12.0, "meets the target"));
    add(mark(false, LEFT + 140.0, legend - 4.5) + &explain(LEFT + 152.0, "misses it"));
    add(format!(r#"<line class="target" x1="{at}" x2="{at}" y1="{from}" y2="{to}"/>"#));
    add(explain(at + 10.0, "target"));
    svg + "</svg>\n"
}

/// A circle for a met target and a diamond for a missed one, so that colour is not all that tells them apart.
fn mark(is_met: bool, x: f64, y: f64) -> String {
    if is_met {
        format!(r#"<circle class="met" cx="{x:.1}" cy="{y}" r="5"/>"#)
    } else {
        format!(r#"<path class="missed" d="M{x:.1} {} l6 6 -6 6 -6 -6z"/>"#, y - 6.0)
    }
}
