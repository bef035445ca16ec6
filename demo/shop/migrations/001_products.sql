CREATE TABLE products (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  cents int NOT NULL CHECK (cents >= 0)
);
INSERT INTO products (name, cents) VALUES
  ('Green tea', 790),
  ('Cup', 1250),
  ('Tea pot', 3900),
  ('Honey', 650);
