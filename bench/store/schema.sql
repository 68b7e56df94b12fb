-- What the PostgreSQL peer keeps. `positions` has room on its pages, so that an update stays on its page and touches no
-- index.
CREATE TABLE catalogue (key text PRIMARY KEY, record text NOT NULL);

CREATE TABLE positions (
  sku text NOT NULL, location text NOT NULL, on_hand bigint NOT NULL, committed bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0, quarantined bigint NOT NULL DEFAULT 0, safety bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 1, PRIMARY KEY (sku, location)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- The id follows from account, path and Idempotency-Key; the fingerprint is the body's. So a quote is its own memory of
-- the answer that was given.
CREATE TABLE quotes (
  id text PRIMARY KEY, account text NOT NULL, fingerprint text NOT NULL, state text NOT NULL, created_at bigint NOT NULL,
  expires_at bigint NOT NULL, currency text NOT NULL, lines json NOT NULL
);

CREATE TABLE holds (
  quote text NOT NULL, line integer NOT NULL, sku text NOT NULL, location text NOT NULL, quantity integer NOT NULL,
  expires_at bigint NOT NULL, PRIMARY KEY (quote, line, location)
);
CREATE INDEX holds_due ON holds (expires_at);

-- Opens a quote in one round trip. First the record, which settles who is first with a key; then the positions, in the
-- order of their skus, so that no two quotes wait for each other in a circle: from each line's best location that has
-- all of it, else from the best ones in order. A position is locked as late as can be.
CREATE FUNCTION open_quote(
  the_id text, the_account text, the_fingerprint text, created bigint, expires bigint, the_currency text, the_lines json,
  line_numbers integer[], skus text[], wanted integer[], places text[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  known quotes;
  n integer;
  at record;
  lacking bigint;
  taken_line integer[] := '{}'; taken_sku text[] := '{}'; taken_at text[] := '{}'; taken integer[] := '{}';
BEGIN
  INSERT INTO quotes VALUES (the_id, the_account, the_fingerprint, 'held', created, expires, the_currency, the_lines)
    ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN
    SELECT * INTO known FROM quotes WHERE id = the_id;
    IF known.fingerprint <> the_fingerprint THEN RETURN '{"kind":"key_reused"}'; END IF;
    IF known.state = 'refused' THEN RETURN '{"kind":"short","replayed":true}'; END IF;
    RETURN json_build_object('kind', 'held', 'replayed', true, 'created_at', known.created_at, 'expires_at', known.expires_at,
      'lines', known.lines, 'allocations', (SELECT json_agg(json_build_object('line', line, 'location', location, 'quantity', quantity)
        ORDER BY line) FROM holds WHERE quote = the_id));
  END IF;
  FOR n IN 1 .. cardinality(skus) LOOP
    SELECT location INTO at FROM positions
      WHERE sku = skus[n] AND location = ANY (places) AND on_hand - committed - held - quarantined - safety >= wanted[n]
      ORDER BY array_position(places, location) LIMIT 1 FOR UPDATE;
    IF FOUND THEN
      taken_line := taken_line || line_numbers[n]; taken_sku := taken_sku || skus[n];
      taken_at := taken_at || at.location; taken := taken || wanted[n];
      CONTINUE;
    END IF;
    lacking := wanted[n];
    FOR at IN SELECT location, on_hand - committed - held - quarantined - safety AS units FROM positions
      WHERE sku = skus[n] AND location = ANY (places) ORDER BY array_position(places, location) FOR UPDATE
    LOOP
      EXIT WHEN lacking = 0;
      CONTINUE WHEN at.units <= 0;
      taken_line := taken_line || line_numbers[n]; taken_sku := taken_sku || skus[n];
      taken_at := taken_at || at.location; taken := taken || least(lacking, at.units)::integer;
      lacking := lacking - least(lacking, at.units);
    END LOOP;
    IF lacking > 0 THEN
      UPDATE quotes SET state = 'refused' WHERE id = the_id;
      RETURN '{"kind":"short","replayed":false}';
    END IF;
  END LOOP;
  UPDATE positions SET held = held + t.quantity, version = version + 1
    FROM unnest(taken_sku, taken_at, taken) AS t (sku, location, quantity)
    WHERE positions.sku = t.sku AND positions.location = t.location;
  INSERT INTO holds SELECT the_id, t.line, t.sku, t.location, t.quantity, expires
    FROM unnest(taken_line, taken_sku, taken_at, taken) AS t (line, sku, location, quantity);
  RETURN json_build_object('kind', 'held', 'replayed', false, 'allocations',
    (SELECT json_agg(json_build_object('line', t.line, 'location', t.location, 'quantity', t.quantity))
     FROM unnest(taken_line, taken_at, taken) AS t (line, location, quantity)));
END $$;
