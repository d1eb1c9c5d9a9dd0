-- Computes keys and words of names in ASCII without normalization, which took a third of the time of a new actor. The
-- results are the same as before (`tests/operations/name_migration.rs`). Not STRICT, because PostgreSQL does not inline a
-- STRICT function with CASE; null still returns null.
CREATE OR REPLACE FUNCTION name_key(name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE WHEN octet_length(name) = char_length(name) THEN lower(name COLLATE pg_catalog.pg_unicode_fast)
    ELSE normalize(casefold(normalize(name, NFD) COLLATE pg_catalog.pg_unicode_fast), NFD) END) COLLATE "C";

CREATE OR REPLACE FUNCTION name_words(name text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(string_to_array(regexp_replace(
    CASE WHEN octet_length(name) = char_length(name) THEN name_key(name)
        ELSE normalize(regexp_replace(name_key(name), '[\u0300-\u036F]', '', 'g'), NFC) END,
    '[!-/:-@[-`{-~\u00A0\u00AB\u00B7\u00BB\u2010-\u2014\u2018-\u201E]+', ' ', 'g'
), ' '), '');

-- Returns the rows that `name_slips` lacks for these words. Of equal letters in a row it leaves out the first.
CREATE FUNCTION new_slips(words text[]) RETURNS TABLE (slip text, word text) LANGUAGE sql STABLE AS $$
    SELECT left(new.word, greatest(place - 1, 0)) || substr(new.word, place + 1), new.word
    FROM unnest(words) AS new (word) CROSS JOIN generate_series(0, char_length(new.word)) AS place
    WHERE (place < 2 OR substr(new.word, place, 1) <> substr(new.word, place - 1, 1))
        AND (place = 0 OR char_length(new.word) > 1)
        AND NOT EXISTS (
            SELECT FROM name_slips AS known
            WHERE known.slip = new.word COLLATE "C" AND known.word = new.word COLLATE "C"
        )
$$;
CREATE OR REPLACE FUNCTION add_name_words(words text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO name_slips (slip, word)
    SELECT slip, word FROM new_slips(words) ORDER BY slip COLLATE "C", word COLLATE "C"
    ON CONFLICT DO NOTHING
$$;
