import { DAY, MAIL, NUMBER, SMALL, WORD } from './kinds.ts';

/** What a database may call after data, or hold data in: how it is made, how a migration changes it, and how a difference tells it. */
export interface NameKind {
  readonly made: string;
  /** Dynamic SQL of a migration that does not spell the name: `w` is a value of the data. */
  readonly changed: string;
  /** What the difference says after all. */
  readonly difference: RegExp;
  /** How looking for leaks tells it; `null`: it holds no text. */
  readonly leak: RegExp | null;
}

const run = (format: string, count = 1): string =>
  `EXECUTE format('${format.replaceAll("'", "''")}', ${Array(count).fill('w').join(', ')});`;

export const NAMES: Readonly<Record<string, NameKind>> = {
  'a table': {
    made: `CREATE TABLE public."of_${WORD}" (id int PRIMARY KEY, v text DEFAULT '${MAIL}'); INSERT INTO public."of_${WORD}" VALUES (1)`,
    changed: run('ALTER TABLE public."of_%s" ADD extra int DEFAULT random()'),
    difference: /unnamed table \d+: is column … integer default random/,
    leak: null,
  },
  'a column': {
    made: `ALTER TABLE public.people ADD "c_${WORD}" varchar(30) DEFAULT '${WORD}'`,
    changed: run('ALTER TABLE public.people ALTER "c_%s" TYPE varchar(40)'),
    difference: /public\.people: is column … character varying\(40\) default '…'/,
    leak: /the default of public\.people\.…/,
  },
  'a partition': {
    made: `INSERT INTO public.parts VALUES (1, '${WORD}')`,
    changed: run('ALTER TABLE public."parts_%s" SET (fillfactor = 70)'),
    difference: /unnamed partition 1 of public\.parts: is options/,
    leak: /the bounds of partition public\.… of public\.parts/,
  },
  'the bounds of a partition': {
    made: 'SELECT 1',
    changed: run(`CREATE TABLE public."more_%s" PARTITION OF public.parts FOR VALUES IN ('%s 2')`, 2),
    difference: /unnamed partition 2 of public\.parts is new/,
    leak: null,
  },
  'a policy': {
    made: `CREATE POLICY "p_${WORD}" ON public.people USING (word = '${WORD}')`,
    changed: run(`ALTER POLICY "p_%s" ON public.people USING (word = '%s 2')`, 2),
    difference: /unnamed policy 1 of public\.people: is using \(word = '…'/,
    leak: /the policy … on public\.people/,
  },
  'a label of an enum': {
    made: `CREATE TYPE public.mood2 AS ENUM ('fine', '${WORD}')`,
    changed: run(`ALTER TYPE public.mood2 RENAME VALUE '%s' TO '%s 2'`, 2),
    difference: /type public\.mood2: is value '…'/,
    leak: /the labels of enum public\.mood2/,
  },
  'an object of statistics': {
    made: `CREATE STATISTICS public."st_${WORD}" ON id, small FROM public.people`,
    changed: run('DROP STATISTICS public."st_%s"'),
    difference: /unnamed statistics 1 is gone/,
    leak: null,
  },
  'a constraint': {
    made: `ALTER TABLE public.people ADD CONSTRAINT "k_${WORD}" CHECK (word <> '${MAIL}')`,
    changed: run(`ALTER TABLE public.people DROP CONSTRAINT "k_%s", ADD CONSTRAINT "k_%s" CHECK (word <> '%s 3') NOT VALID`, 3),
    difference: /unnamed constraint \d+ of public\.people: is CHECK \(\(word <> '…'/,
    leak: /the constraint … of public\.people/,
  },
  'a number in a constraint': {
    made: `ALTER TABLE public.people ADD CONSTRAINT few CHECK (n <> ${NUMBER}9)`,
    changed: `EXECUTE format('ALTER TABLE public.people DROP CONSTRAINT few, ADD CONSTRAINT few CHECK (n <> %s)', (SELECT n || '7' FROM public.people));`,
    difference: /constraint few on public\.people: is CHECK \(\(n <> '…'/,
    leak: null,
  },
  'an index': {
    made: `CREATE INDEX "i_${WORD}" ON public.people (small) WHERE word <> '${WORD}'`,
    changed: run(`DROP INDEX public."i_%s"; CREATE INDEX "i_%s" ON public.people (small) WHERE word <> '%s 2'`, 3),
    difference: /unnamed index 1 of public\.people: is CREATE INDEX … ON public\.people USING btree \(small\) WHERE \(word <> '…'/,
    leak: /the definition of index public\.…/,
  },
  'a trigger': {
    made: `CREATE FUNCTION public.still() RETURNS trigger LANGUAGE plpgsql AS $t$ BEGIN RETURN NEW; END $t$; CREATE TRIGGER "g_${WORD}" BEFORE INSERT ON public.parts FOR EACH ROW WHEN (NEW.word <> '${WORD} 7') EXECUTE FUNCTION public.still()`,
    changed: run('DROP TRIGGER "g_%s" ON public.parts'),
    difference: /unnamed trigger \d+ of public\.parts is gone/,
    leak: /the trigger … on public\.parts/,
  },
  'a rule': {
    made: `CREATE RULE "r_${WORD}" AS ON DELETE TO public.people WHERE OLD.word = '${WORD}' DO INSTEAD NOTHING`,
    changed: run('DROP RULE "r_%s" ON public.people'),
    difference: /unnamed rule 1 of public\.people is gone/,
    leak: /the rule … on public\.people/,
  },
  'a function': {
    made: `CREATE FUNCTION public."f_${WORD}"(a_${WORD} int) RETURNS text LANGUAGE sql AS $f$ SELECT '${MAIL}' $f$`,
    changed: run(`CREATE OR REPLACE FUNCTION public."f_%s"(a_%s int) RETURNS text LANGUAGE sql AS 'SELECT ''%s''::text'`, 3),
    difference: /unnamed function \d+: is AS \$function\$SELECT '…'::text/,
    leak: /the body of function public\.…/,
  },
  'the body of a function': {
    made: `CREATE FUNCTION public.said() RETURNS text LANGUAGE plpgsql AS $f$ BEGIN RETURN '${MAIL}'; END $f$`,
    changed: run(`CREATE OR REPLACE FUNCTION public.said() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ''%s'' || v_%s; -- %s\nEND'`, 3),
    difference: /function public\.said\(\): is AS \$function\$BEGIN RETURN '…' \|\| …;/,
    leak: /the body of function public\.said/,
  },
  'a sequence': {
    made: `CREATE SEQUENCE public."q_${WORD}" START ${SMALL}`,
    changed: run('ALTER SEQUENCE public."q_%s" INCREMENT 2'),
    difference: /unnamed sequence 1: is as bigint start …/,
    leak: null,
  },
  'a domain': {
    made: `CREATE DOMAIN public."d_${WORD}" AS text DEFAULT '${WORD}'`,
    changed: run(`ALTER DOMAIN public."d_%s" SET DEFAULT '%s 2'`, 2),
    difference: /unnamed type \d+: is default '…'/,
    leak: /the default of domain public\.…/,
  },
  'a view': {
    made: `CREATE VIEW public."v_${WORD}" AS SELECT 1 AS "vc_${WORD}", '${WORD}'::text AS z`,
    changed: run('DROP VIEW public."v_%s"'),
    difference: /unnamed view 1 is gone/,
    leak: /the definition of view public\.…/,
  },
  'a schema': {
    made: `CREATE SCHEMA "s_${WORD}"; CREATE TABLE "s_${WORD}".t (id int); COMMENT ON SCHEMA "s_${WORD}" IS '${MAIL}'`,
    changed: run('DROP SCHEMA "s_%s" CASCADE'),
    difference: /unnamed schema 1 is gone/,
    leak: /the comment on schema …/,
  },
  'a comment': {
    made: `COMMENT ON COLUMN public.people.word IS 'as ${MAIL} said'`,
    changed: run(`COMMENT ON TABLE public.people IS '%s said'`),
    difference: /public\.people: is comment '…'/,
    leak: /the comment on table column public\.people\.word/,
  },
  'a default': {
    made: `ALTER TABLE public.people ALTER doc SET DEFAULT '{"a": "${MAIL}"}'`,
    changed: run(`ALTER TABLE public.people ALTER word SET DEFAULT '%s 9'`),
    difference: /public\.people: is column word text default '…'/,
    leak: /the default of public\.people\.doc/,
  },
  'a number as a default': {
    made: `ALTER TABLE public.people ALTER n SET DEFAULT ${NUMBER}`,
    changed: `EXECUTE format('ALTER TABLE public.people ALTER n SET DEFAULT %s', (SELECT n + 1 FROM public.people));`,
    difference: /public\.people: is column n bigint default/,
    leak: null,
  },
  'a day as a default': {
    made: `ALTER TABLE public.people ALTER day SET DEFAULT '${DAY}'`,
    changed: 'ALTER TABLE public.people ALTER day DROP DEFAULT;',
    difference: /public\.people: was column day date default '…'/,
    leak: null,
  },
  'a setting': {
    made: `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET canary.other = %L', current_database(), '${WORD}'); END $$`,
    changed: `EXECUTE format('ALTER DATABASE %I SET canary.other = %L', current_database(), w || '2');`,
    difference: /settings is new/,
    leak: null,
  },
};
