// Who may import whom: the table of ARCHITECTURE.md as data, and the check of every import against it. The table is the
// one place where a boundary between folders is written down for the machine.
import { posix } from 'node:path';
import type { Finding } from './finding.ts';
import { lineAt, readingsOf, type SourceFile } from './source-text.ts';

/** For each layer, the paths it may import besides its own. A path that is not a folder names one file. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  strategies: ['src/core/'],
  wire: ['src/core/'],
  ports: ['src/core/', 'src/wire/'],
  engine: ['src/core/', 'src/wire/', 'src/ports/'],
  adapters: ['src/core/', 'src/wire/', 'src/ports/'],
  api: ['src/core/', 'src/wire/', 'src/ports/', 'src/engine/'],
  app: ['src/', 'strategies/', 'kite-simulator/'],
  cli: ['src/app/', 'src/api/contract.ts', 'src/core/'],
  'kite-simulator': [
    'src/core/market/',
    'src/core/exchange/',
    'src/core/decimal.ts',
    'src/core/ids.ts',
    'src/core/invariant.ts',
    'src/core/random.ts',
    'src/core/time.ts',
    'src/ports/',
  ],
  web: ['src/api/contract.ts', 'docs/runbook.md?raw'],
  examples: ['src/engine/stream-service.ts', 'src/core/'],
};

const pureLayers = new Set(['core', 'strategies']);
const unboundFolders = new Set(['test', 'tools', 'bin']);
/** Folders beside `src` that are imported by their own name. */
const rootAliases = ['strategies/', 'kite-simulator/'];
const aliases = ['core', 'wire', 'ports', 'engine', 'adapters', 'api', 'app', 'cli'];

type Home = { readonly layer: string; readonly folder: string };

export function checkImports(file: SourceFile): Finding[] {
  if (!/\.(?:ts|tsx|mjs)$/.test(file.path)) return [];
  const home = homeOf(file.path);
  const free = isTest(file.path) || unboundFolders.has(file.path.split('/')[0] ?? '');
  if (home === undefined) {
    if (free || !file.path.startsWith('src/')) return [];
    return [finding(file, 1, 'a file outside every layer', `Move it into one of src/${aliases.join(', src/')}.`)];
  }
  return importsOf(file).flatMap(({ specifier, line }) => {
    const problem = checkOne(file.path, home, specifier, free);
    return problem === undefined ? [] : [finding(file, line, `import of '${specifier}'`, problem)];
  });
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

function checkOne(path: string, home: Home, specifier: string, free: boolean): string | undefined {
  const target = resolve(path, specifier);
  if (target === undefined) {
    if (free || !pureLayers.has(home.layer)) return undefined;
    return `${home.layer} is pure: no npm package and no node: module. Take what you need as an argument.`;
  }
  const inside = target.startsWith(home.folder);
  const viaAlias = specifier.startsWith('#');
  if (inside && viaAlias) return 'Import relatively inside a layer.';
  if (!inside && !viaAlias && hasAlias(target)) return 'Import across layers as #layer/file.ts.';
  if (free || inside || (mayImport[home.layer] ?? []).some((allowed) => target.startsWith(allowed))) return undefined;
  const allowed = mayImport[home.layer] ?? [];
  const words = allowed.length === 0 ? 'nothing else' : `${allowed.join(', ')} and nothing else`;
  return `Besides its own files ${home.folder} may import ${words} (see ARCHITECTURE.md).`;
}

/** The layer that a file belongs to, and the folder whose files it may import freely: for an adapter, its vendor's. */
function homeOf(path: string): Home | undefined {
  const [top = '', second = '', third = ''] = path.split('/');
  if (top === 'src') {
    if (!aliases.includes(second)) return undefined;
    const folder = second === 'adapters' ? `src/adapters/${third}/` : `src/${second}/`;
    return { layer: second, folder };
  }
  return top in mayImport ? { layer: top, folder: `${top}/` } : undefined;
}

function hasAlias(target: string): boolean {
  return (
    rootAliases.some((root) => target.startsWith(root)) || aliases.some((layer) => target.startsWith(`src/${layer}/`))
  );
}

/** The path from the project root, or undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  if (!specifier.startsWith('#')) return undefined;
  const rest = specifier.slice(1);
  return rootAliases.some((root) => rest.startsWith(root)) ? rest : `src/${rest}`;
}

function importsOf(file: SourceFile): { specifier: string; line: number }[] {
  const { code, raw } = readingsOf(file.text);
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*(['"`])(\s*)\1/g)].map((match) => {
    const end = match.index + match[0].length - 1;
    return { specifier: raw.slice(end - (match[2] ?? '').length, end), line: lineAt(raw, match.index) };
  });
}

function finding(file: SourceFile, line: number, found: string, todo: string): Finding {
  return { path: file.path, line, found, todo };
}
