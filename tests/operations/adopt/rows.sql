-- $1 movies, thrice as many actors and a tenth as many users. Every tenth user is not active yet, the second and third
-- are a moderator and an admin.
INSERT INTO countries (code, name)
SELECT code, nullif(name, '') FROM (VALUES ('US', 'United States'), ('FR', ''), ('USA', '')) AS country (code, name);
INSERT INTO genres (name) SELECT CASE number WHEN 1 THEN 'Unknown' ELSE 'Genre ' || number END FROM generate_series(1, 20) AS number;
INSERT INTO actors (name) SELECT 'Actor' || number || '.Jordan' FROM generate_series(1, {movies} * 3) AS number;
INSERT INTO languages (name) VALUES ('English'), ('français');
INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
SELECT 'Movie ' || number, date '1990-01-01' + number % 10000, number % 101, 'About ' || number,
    (enum_range(NULL::moviestatusenum))[1 + number % 3], number * 1.005, number * 2.5, 1 + number % 3
FROM generate_series(1, {movies}) AS number;
INSERT INTO movies_genres
SELECT number, 1 + (number + place) % 20 FROM generate_series(1, {movies}) AS number, generate_series(0, 3) AS place;
INSERT INTO actors_movies
SELECT number, 1 + (number * 3 + place * 7) % ({movies} * 3)
FROM generate_series(1, {movies}) AS number, generate_series(0, 9) AS place;
INSERT INTO movies_languages SELECT number, 1 + number % 2 FROM generate_series(1, {movies}) AS number;
INSERT INTO users (email, hashed_password, is_active, created_at, group_id)
SELECT 'User' || number || '@Example.com', '{hash}', number % 10 <> 0, '2024-01-02 03:04:05+00',
    CASE number WHEN 2 THEN 2 WHEN 3 THEN 3 ELSE 1 END
FROM generate_series(1, {movies} / 10) AS number;
INSERT INTO user_profiles (first_name, last_name, avatar, gender, date_of_birth, info, user_id)
SELECT 'ann', 'lee', 'avatars/' || id || '_avatar.jpg', 'WOMAN', '1990-05-06', 'About user ' || id, id
FROM users WHERE id % 2 = 1;
INSERT INTO activation_tokens (token, expires_at, user_id)
SELECT md5('a' || id) || md5('b' || id), now() + interval '1 hour', id FROM users WHERE NOT is_active;
INSERT INTO password_reset_tokens (token, expires_at, user_id)
SELECT md5('c' || id) || md5('d' || id), now() + interval '1 hour', id FROM users WHERE id % 10 = 1;
