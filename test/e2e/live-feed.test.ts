// Live ticks over Kite Connect for namespaces that trade on paper, as a user runs it: signed in by a command, signed in anew
// without a restart, and with no way to an order. A Kite simulator stands in for Kite.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionsOf, watched } from './support/connections.ts';
import { kiteAt, liveAt, signedIn, type Truth } from './support/live-kite.ts';
import { Place } from './support/place.ts';
import { lastWords, type Program } from './support/processes.ts';

const timeout = 90_000;

async function moreTicks(program: Program, place: Place): Promise<void> {
  const from = place.ticks();
  await program.until('ticks', () => (place.ticks() > from + 20 ? true : undefined));
}

test(
  'live ticks for paper: a person signs in while it runs, and again, and nothing is ever ordered',
  { timeout },
  async (t) => {
    const kite = await kiteAt(t);
    const place = new Place(t, liveAt(kite));
    const program = place.program(['start'], watched(place), { lifeMsMax: timeout });
    await program.said('nobody has signed in to Kite');
    await program.said('Application is now running.');

    const { event } = await program.said('Listening on ');
    const ready = await (await fetch(`${event.slice('Listening on '.length)}/health/ready`)).text();
    assert.ok(ready.includes(`the login page is ${kite.url}/connect/login?api_key=simulator&v=3`), ready);

    const asked = await place.run(['login', 'zerodha']);
    assert.deepEqual([asked.code, asked.stdout.split('\n')[0]], [0, `${kite.url}/connect/login?api_key=simulator&v=3`]);
    const wrong = await place.run(['login', 'zerodha', '--request-token', 'guessed']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /^alpha-panda login: Kite did not take the request token .* sign in anew at http/);
    assert.equal(place.ticks(), 0);

    await signedIn(place, await kite.requestToken());
    await moreTicks(program, place);
    await program.until('a fill', () => (place.events('paper.orders.filled').length > 0 ? true : undefined));
    await kite.order('/expire-token');
    await kite.order('/faults', { kind: 'drop', count: 1 });
    await program.said('Kite ended the session');
    // The whole address that the browser was sent to is taken too.
    await signedIn(place, `http://127.0.0.1/?action=login&request_token=${await kite.requestToken()}&status=success`);
    await moreTicks(program, place);

    const gaps = place.events('market.ticks').filter(({ type }) => type === 'feed_gap');
    assert.ok(gaps.length > 50, `${gaps.length} gaps`);
    for (const { data } of gaps) {
      assert.deepEqual(
        [data['filled'], String(data['from']) < String(data['to'])],
        [false, true],
        JSON.stringify(data),
      );
    }

    const doctor = await place.run(['doctor']);
    assert.match(doctor.stdout, /^ok +feed session +signed in as SIM001$/m);
    assert.match(doctor.stdout, /^ok +instruments +\d+ of /m, 'the platform has downloaded them');

    const synced = await place.run(['instruments', 'sync']);
    assert.equal(synced.code, 0, lastWords(synced));
    assert.match(synced.stdout, /^\d+ instruments of \d{4}-\d{2}-\d{2}, \d+ new, 0 gone\n$/);
    const found = await place.run(['instruments', 'search', 'infy']);
    assert.match(found.stdout, /^NSE:INFY +408065/);
    assert.equal((await place.run(['instruments', 'search', 'nothing like it'])).code, 1);

    const truth = await kite.look<Truth>('/truth');
    assert.deepEqual([truth.orders, Object.keys(truth.counts.requests)], [[], ['other']]);
    // One of the two is the token that was guessed.
    assert.equal(truth.counts.authenticationFailures, 2);
    const history = ['record', '--feed', 'history', '--from', '2026-01-05', '--to', '2026-01-05', '--out', 'day'];
    const downloaded = await place.run([...history, '--symbols', 'INFY,TCS']);
    assert.match(downloaded.stdout, /^\d+ ticks of 2 instruments are in day\n$/, lastWords(downloaded));
    assert.match((await place.run(['tape', 'info', 'day'])).stdout, /^INFY +\d+/m);
    const unknown = await place.run([...history.slice(0, -1), 'other', '--symbols', 'NOBODY']);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /expected --symbols to name instruments of config\/instruments, found "NOBODY"/);
    const ended = await program.stop('SIGINT');
    assert.equal(ended.code, 0, lastWords(ended));
    const port = Number(new URL(kite.url).port);
    const went = connectionsOf(place).map((connection) => `${connection.address}:${connection.port}`);
    assert.deepEqual([...new Set(went)], [`127.0.0.1:${port}`]);
    assert.deepEqual([...new Set(place.events('paper.orders.filled').map(({ broker }) => broker))], ['paper']);
    assert.equal(`${ended.stdout}${ended.stderr}`.includes('simulator-secret'), false);
  },
);
