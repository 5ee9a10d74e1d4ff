// Every command by name, in the order of the help. A command's file is loaded only when it is chosen, so that `--help`
// and short commands start at once.
import type { Command } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly group: 'run' | 'look' | 'manage';
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'start',
    group: 'run',
    summary: 'Run the platform until Ctrl-C, or until a tape is done with --once.',
    load: async () => (await import('./commands/start.ts')).startCommand,
  },
  {
    name: 'backtest',
    group: 'run',
    summary: 'Run a strategy over recorded ticks and report.',
    load: async () => (await import('./commands/backtest.ts')).backtestCommand,
  },
  {
    name: 'runs',
    group: 'look',
    summary: 'The backtests that were kept: list, show, compare, reproduce.',
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  {
    name: 'journal',
    group: 'look',
    summary: 'What a backtest kept in its journal, or whether it comes out the same again.',
    load: async () => (await import('./commands/journal.ts')).journalCommand,
  },
  {
    name: 'divergence',
    group: 'look',
    summary: 'Why two runs of a strategy came to different gains, to the paisa.',
    load: async () => (await import('./commands/divergence.ts')).divergenceCommand,
  },
  {
    name: 'record',
    group: 'run',
    summary: 'Record a feed as a tape.',
    load: async () => (await import('./commands/record.ts')).recordCommand,
  },
  {
    name: 'tape',
    group: 'look',
    summary: 'What a tape holds, whether it is sound, or the same in another form.',
    load: async () => (await import('./commands/tape.ts')).tapeCommand,
  },
  {
    name: 'service',
    group: 'run',
    summary: 'Run a service of your own on the log, from a file.',
    load: async () => (await import('./commands/service.ts')).serviceCommand,
  },
  {
    name: 'kite-simulator',
    group: 'run',
    summary: 'Run a simulated Kite Connect on this machine.',
    load: async () => (await import('./commands/kite-simulator.ts')).kiteSimulatorCommand,
  },
  {
    name: 'drop-copy',
    group: 'run',
    summary: 'Watch a live account beside the platform, and halt it when it differs from the log.',
    load: async () => (await import('./commands/drop-copy.ts')).dropCopyCommand,
  },
  {
    name: 'state',
    group: 'look',
    summary: 'Every book of every broker, and a hash of them all.',
    load: async () => (await import('./commands/state.ts')).stateCommand,
  },
  {
    name: 'portfolio',
    group: 'look',
    summary: 'Cash, P&L and fees of every book, with totals.',
    load: async () => (await import('./commands/portfolio.ts')).portfolioCommand,
  },
  {
    name: 'positions',
    group: 'look',
    summary: 'What every book holds.',
    load: async () => (await import('./commands/positions.ts')).positionsCommand,
  },
  {
    name: 'orders',
    group: 'look',
    summary: 'Every order with its status.',
    load: async () => (await import('./commands/orders.ts')).ordersCommand,
  },
  {
    name: 'statement',
    group: 'look',
    summary: 'The trade book, or the gains of a tax year, as CSV.',
    load: async () => (await import('./commands/statement.ts')).statementCommand,
  },
  {
    name: 'events',
    group: 'look',
    summary: 'The messages of a topic, from the first or as they come.',
    load: async () => (await import('./commands/events.ts')).eventsCommand,
  },
  {
    name: 'topics',
    group: 'look',
    summary: 'The topics and what they hold.',
    load: async () => (await import('./commands/topics.ts')).topicsCommand,
  },
  {
    name: 'dlq',
    group: 'manage',
    summary: 'Messages that could not be handled: list, show, replay, discard.',
    load: async () => (await import('./commands/dlq.ts')).dlqCommand,
  },
  {
    name: 'migrate',
    group: 'manage',
    summary: 'Bring the tables of the distributed profile up to date.',
    load: async () => (await import('./commands/migrate.ts')).migrateCommand,
  },
  {
    name: 'backup',
    group: 'manage',
    summary: 'Copy the data directory, beside a running platform.',
    load: async () => (await import('./commands/backup.ts')).backupCommand,
  },
  {
    name: 'restore',
    group: 'manage',
    summary: 'Put a backup into a data directory of its own.',
    load: async () => (await import('./commands/restore.ts')).restoreCommand,
  },
  {
    name: 'verify',
    group: 'look',
    summary: 'Rebuild everything from the log and compare.',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'audit',
    group: 'look',
    summary: 'Who did what, and proof that nobody changed it: list, show, verify, head.',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  {
    name: 'strategies',
    group: 'manage',
    summary: 'List strategies and deployments; deploy, enable, disable.',
    load: async () => (await import('./commands/strategies.ts')).strategiesCommand,
  },
  {
    name: 'deposit',
    group: 'manage',
    summary: 'Put money into a book.',
    load: async () => (await import('./commands/deposit.ts')).depositCommand,
  },
  {
    name: 'withdraw',
    group: 'manage',
    summary: 'Take money out of a book.',
    load: async () => (await import('./commands/deposit.ts')).withdrawCommand,
  },
  {
    name: 'corporate-action',
    group: 'manage',
    summary: 'Book a dividend, a split or a bonus issue between two sessions.',
    load: async () => (await import('./commands/corporate-action.ts')).corporateActionCommand,
  },
  {
    name: 'external',
    group: 'manage',
    summary: 'Say which units in an account are not the platform’s.',
    load: async () => (await import('./commands/external.ts')).externalCommand,
  },
  {
    name: 'arm',
    group: 'manage',
    summary: 'Let a broker take orders.',
    load: async () => (await import('./commands/control.ts')).armCommand,
  },
  {
    name: 'disarm',
    group: 'manage',
    summary: 'Take a broker out until it is armed again.',
    load: async () => (await import('./commands/control.ts')).disarmCommand,
  },
  {
    name: 'kill',
    group: 'manage',
    summary: 'Halt every broker, one, or a part of it; with --flatten end the positions too.',
    load: async () => (await import('./commands/control.ts')).killCommand,
  },
  {
    name: 'panic',
    group: 'manage',
    summary: 'Cancel our orders at the broker, past the platform.',
    load: async () => (await import('./commands/panic.ts')).panicCommand,
  },
  {
    name: 'release',
    group: 'manage',
    summary: 'Let orders through again after a kill or a loss.',
    load: async () => (await import('./commands/control.ts')).releaseCommand,
  },
  {
    name: 'alerts',
    group: 'look',
    summary: 'What a person should look at; acknowledge it.',
    load: async () => (await import('./commands/alerts.ts')).alertsCommand,
  },
  {
    name: 'limits',
    group: 'manage',
    summary: 'The limits of the risk gate; set one while it runs.',
    load: async () => (await import('./commands/limits.ts')).limitsCommand,
  },
  {
    name: 'instruments',
    group: 'manage',
    summary: 'Download the broker’s instruments, or search them.',
    load: async () => (await import('./commands/instruments.ts')).instrumentsCommand,
  },
  {
    name: 'users',
    group: 'manage',
    summary: 'Who may sign in to the API: list, add, disable, password.',
    load: async () => (await import('./commands/users.ts')).usersCommand,
  },
  {
    name: 'keys',
    group: 'manage',
    summary: 'API keys for programs: list, create, revoke.',
    load: async () => (await import('./commands/keys.ts')).keysCommand,
  },
  {
    name: 'webhooks',
    group: 'manage',
    summary: 'Who may send signals as webhooks: list, add, remove.',
    load: async () => (await import('./commands/webhooks.ts')).webhooksCommand,
  },
  {
    name: 'subscriptions',
    group: 'manage',
    summary: 'Who elsewhere is told of what happens: list, add, remove, resume, test.',
    load: async () => (await import('./commands/subscriptions.ts')).subscriptionsCommand,
  },
  {
    name: 'login',
    group: 'manage',
    summary: 'Sign in to Kite.',
    load: async () => (await import('./commands/login.ts')).loginCommand,
  },
  {
    name: 'config',
    group: 'manage',
    summary: 'The settings in force and where each comes from; secrets masked.',
    load: async () => (await import('./commands/config.ts')).configCommand,
  },
  {
    name: 'doctor',
    group: 'manage',
    summary: 'Check this machine and the data directory, and say what to do.',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
];
