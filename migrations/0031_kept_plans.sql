-- Keeps the plans of the statements that write movies. PostgreSQL planned those with arrays again in each call, because it
-- expects ten items of an unknown array and fewer of the given one; planning took a third of the time of a new movie. The
-- best plan is the same for all values. The functions that these call inherit the setting.
ALTER FUNCTION insert_movie(
    text, date, double precision, text, movie_status, bigint, double precision, text, text[], text[], text[], text, text, text[]
) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION replace_movie(
    bigint, bigint, text, date, double precision, text, movie_status, bigint, double precision, text, text[], text[], text[],
    text, text, text[]
) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION update_movie(
    bigint, bigint, text, date, double precision, text, movie_status, bigint, double precision, text, text, text[]
) SET plan_cache_mode = force_generic_plan;
