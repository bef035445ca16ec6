import type { Pipeline } from '../../src/pipeline/model.ts';

/** A kind of repository, and what its first pipeline file must say. */
export interface Kind {
  readonly files: Readonly<Record<string, string>>;
  readonly branch?: string;
  readonly found: readonly string[];
  readonly build: Pipeline['build'];
  readonly migrate: string | null;
  readonly rollback?: string;
  /** Where its migrations are. */
  readonly migrations: string;
  readonly deploy?: string;
}

export const KINDS: Readonly<Record<string, Kind>> = {
  'npm with Prisma': {
    files: {
      'package.json': JSON.stringify({
        scripts: { build: 'tsc', deploy: 'node deploy.js', smoke: 'node smoke.js' },
        devDependencies: { prisma: '7' },
      }),
      'package-lock.json': '{}',
      'prisma/schema.prisma': 'datasource db {\n  provider = "postgresql"\n}\n',
      'prisma/migrations/migration_lock.toml': 'provider = "postgresql"\n',
    },
    branch: 'trunk',
    found: ['npm (package-lock.json)', 'migrations with prisma (prisma/schema.prisma)', 'default branch trunk'],
    build: { run: 'npm ci && npm run build', artifact: 'dist', attest: false },
    migrate: 'npm ci && npx prisma migrate deploy',
    migrations: 'prisma/migrations',
    deploy: 'npm ci && npm run deploy',
  },
  'a pnpm monorepo with Knex': {
    files: {
      'package.json': JSON.stringify({ private: true, scripts: {} }),
      'pnpm-lock.yaml': 'lockfileVersion: 9\n',
      'pnpm-workspace.yaml': 'packages: ["apps/*", "packages/*"]\n',
      'apps/web/package.json': JSON.stringify({ scripts: { build: 'next build' }, dependencies: { next: '16' } }),
      'packages/db/package.json': JSON.stringify({ scripts: { build: 'tsc' }, dependencies: { knex: '3', pg: '8' } }),
      'packages/db/knexfile.ts': 'export default {};\n',
      'packages/db/migrations/001_orders.ts': 'export const up = () => {};\n',
    },
    found: ['pnpm (pnpm-lock.yaml)', 'migrations with knex (packages/db/knexfile.ts)'],
    build: {
      run: 'corepack enable pnpm && pnpm install --frozen-lockfile && pnpm --recursive run build',
      artifact: 'apps/web/.next',
      attest: false,
    },
    migrate: 'corepack enable pnpm && pnpm install --frozen-lockfile && (cd packages/db && pnpm exec knex migrate:latest)',
    migrations: 'packages/db/migrations',
    rollback: 'corepack enable pnpm && pnpm install --frozen-lockfile && (cd packages/db && pnpm exec knex migrate:rollback)',
  },
  'Python with Alembic': {
    files: {
      'pyproject.toml': '[project]\nname = "shop"\ndependencies = ["psycopg>=3"]\n',
      'uv.lock': 'version = 1\n',
      'requirements.txt': 'psycopg\n',
      'server/alembic.ini': '[alembic]\n',
      'server/alembic/versions/001_orders.py': 'def upgrade(): pass\n',
      'scripts/deploy.sh': '#!/bin/sh\n',
    },
    found: ['uv (uv.lock)', 'migrations with alembic (server/alembic.ini)'],
    build: { run: 'pipx run uv build', artifact: 'dist', attest: false },
    migrate: 'pipx install uv && uv sync && (cd server && uv run alembic upgrade head)',
    migrations: 'server/alembic/versions',
    rollback: 'pipx install uv && uv sync && (cd server && uv run alembic downgrade -1)',
    deploy: './scripts/deploy.sh',
  },
  Rails: {
    files: {
      Gemfile: 'gem "rails"\ngem "pg"\n',
      'Gemfile.lock': 'GEM\n',
      'bin/rails': '#!/usr/bin/env ruby\n',
      'config/application.rb': 'module Shop; end\n',
      'db/migrate/20260101_orders.rb': 'class Orders; end\n',
      'yarn.lock': '',
      'package.json': '{"private": true}',
    },
    branch: 'master',
    found: ['bundler (Gemfile.lock) and yarn (yarn.lock)', 'migrations with rails (bin/rails)', 'default branch master'],
    build: null,
    migrate: 'bundle install && bin/rails db:migrate',
    migrations: 'db/migrate',
    rollback: 'bundle install && bin/rails db:rollback',
  },
  'Go with goose': {
    files: {
      'go.mod': 'module example.com/shop\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.0\n\tgithub.com/pressly/goose/v3 v3.24.1\n)\n',
      'db/schema/0001_orders.sql': '-- +goose Up\nCREATE TABLE orders (id int);\n-- +goose Down\nDROP TABLE orders;\n',
      Makefile: 'deploy: build\n\t./bin/deploy\n',
    },
    found: ['go (go.mod)', 'migrations with goose (db/schema/0001_orders.sql)'],
    build: { run: 'mkdir -p dist && go build -o dist/ ./...', artifact: 'dist', attest: false },
    migrate: 'go run github.com/pressly/goose/v3/cmd/goose@v3.24.1 -dir db/schema postgres "$DATABASE_URL" up',
    migrations: 'db/schema',
    rollback: 'go run github.com/pressly/goose/v3/cmd/goose@v3.24.1 -dir db/schema postgres "$DATABASE_URL" down',
    deploy: 'make deploy',
  },
};
