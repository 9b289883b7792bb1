import { Injectable } from '@nestjs/common';
import { jest } from '@jest/globals';
import { IsString } from 'class-validator';
import { Database, EffectsWriter, effects, type Effects } from '../../src/platform/database/index.js';
import { PubSub } from '../../src/platform/coordination/index.js';
import { EVENTS_TOPIC, OnEvent, defineEvent, type DomainEvent } from '../../src/platform/events/index.js';
import { RequestContext } from '../../src/platform/context/index.js';
import {
  createTestDatabase,
  ensureTemplateDatabase,
  type TestDatabase,
} from '../support/embedded-postgres.js';
import { migrate, openQueueApp, type QueueApp } from '../support/queue-app.js';
import { TestWork } from '../support/queue-jobs.js';

jest.setTimeout(60_000);

class ThingHappenedData {
  @IsString()
  thing: string;

  @IsString()
  what: string;
}

const ThingHappened = defineEvent({
  type: 'test.thing_happened',
  version: 2,
  schema: ThingHappenedData,
  subject: ({ thing }) => `thing:${thing}`,
});

type Event = DomainEvent<ThingHappenedData>;

/** Notes what it gets, and fails as often as it is told to. */
@Injectable()
class Observer {
  readonly seen: Event[] = [];
  readonly contexts: (RequestContext | undefined)[] = [];
  readonly #failures = new Map<string, number>();
  readonly #waiting: { what: string; resolve: () => void }[] = [];

  failAt(what: string, times: number): void {
    this.#failures.set(what, times);
  }

  sees(what: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ what, resolve }));
  }

  @OnEvent(ThingHappened)
  onThing(event: Event): void {
    const left = this.#failures.get(event.data.what) ?? 0;
    if (left > 0) {
      this.#failures.set(event.data.what, left - 1);
      throw new Error('not now');
    }
    this.seen.push(event);
    this.contexts.push(RequestContext.current());
    for (const waiting of this.#waiting) if (waiting.what === event.data.what) waiting.resolve();
  }
}

/** A second one, which never fails. */
@Injectable()
class CalmObserver {
  readonly seen: string[] = [];

  @OnEvent(ThingHappened)
  onThing({ data }: Event): void {
    this.seen.push(data.what);
  }
}

describe('The outbox relay', () => {
  let database: TestDatabase;
  let app: QueueApp;

  /** Writes effects as an adapter does, in one transaction. */
  const write = (what: Effects, fail = false): Promise<void> =>
    app.nest.get(Database).transaction(async (tx) => {
      await app.nest.get(EffectsWriter).write(tx, what);
      if (fail) throw new Error('rolled back');
    });

  const outbox = async (): Promise<{ attempts: number; last_error: string }[]> =>
    app.dataSource.query('SELECT attempts, last_error FROM outbox ORDER BY position');

  beforeAll(async () => {
    const template = await ensureTemplateDatabase('queue_template', migrate);
    database = await createTestDatabase({ template });
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    app = await openQueueApp({ databaseUrl: database.url }, { providers: [Observer, CalmObserver] });
  });

  afterEach(() => app.close());

  it('enqueues a job when, and only when, its change is committed', async () => {
    await app.relay.start();
    app.host.start();
    const lost = effects().job(TestWork, { label: 'rolled back' });
    await expect(write(lost, true)).rejects.toThrow('rolled back');
    const kept = effects().job(TestWork, { label: 'committed' }, { priority: 'critical', tags: ['written'] });
    const request = new RequestContext({ requestId: 'request-9', protocol: 'http' });
    await RequestContext.run(request, () => write(kept));
    const { id } = kept.jobs[0]!;
    await app.recorder.reached(id, 'COMPLETED');
    expect(await app.job(id)).toMatchObject({
      priority: 'critical',
      tags: ['written'],
      correlation_id: 'request-9',
    });
    expect(await app.job(lost.jobs[0]!.id)).toBeNull();
    expect(app.work.attemptsAt('rolled back')).toEqual([]);
  });

  it('relays what was written while no relay ran', async () => {
    const written = effects().job(TestWork, { label: 'before' });
    await write(written);
    app.host.start();
    await app.relay.start();
    await app.recorder.reached(written.jobs[0]!.id, 'COMPLETED');
  });

  it('hands events to subscribers and to other processes, in the envelope of the contract', async () => {
    const published: object[] = [];
    const arrived = new Promise<void>((resolve, reject) => {
      app.nest
        .get(PubSub)
        .subscribe(EVENTS_TOPIC, (event) => {
          published.push(event);
          resolve();
        })
        .catch(reject);
    });
    const observer = app.nest.get(Observer);
    const seen = observer.sees('published');
    await app.relay.start();
    const written = effects().event(ThingHappened, { thing: 'p', what: 'published' });
    const request = new RequestContext({ requestId: 'request-11', protocol: 'http' });
    await RequestContext.run(request, () => write(written));
    await Promise.all([seen, arrived]);
    const event = observer.seen[0]!;
    expect(event).toEqual({
      id: written.events[0]!.id,
      type: 'test.thing_happened',
      version: 2,
      occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      source: 'arcana-cloud',
      correlation_id: 'request-11',
      causation_id: null,
      data: { thing: 'p', what: 'published' },
    });
    expect(published).toEqual([event]);
    expect(observer.contexts[0]).toMatchObject({ requestId: 'request-11' });
    expect(observer.contexts[0]!.trace.traceId).toBe(request.trace.traceId);
  });

  it('names the event that caused an event, and the job that did', async () => {
    const observer = app.nest.get(Observer);
    const events = ['first', 'by an event', 'by a job'].map((what) => observer.sees(what));
    await app.relay.start();
    app.host.start();
    const first = effects().event(ThingHappened, { thing: 'c', what: 'first' });
    await write(first);
    await events[0];
    // What a subscriber writes belongs to the event that it was given, what a handler writes to its job.
    await RequestContext.run(observer.contexts[0]!, () =>
      write(effects().event(ThingHappened, { thing: 'c', what: 'by an event' })),
    );
    const job = effects().job(TestWork, { label: 'causes' });
    const started = app.work.started('causes');
    await write(job);
    const { context } = await started;
    await RequestContext.run(context!, () =>
      write(effects().event(ThingHappened, { thing: 'c', what: 'by a job' })),
    );
    await Promise.all(events);
    expect(observer.seen.map(({ data, causation_id }) => [data.what, causation_id])).toEqual([
      ['first', null],
      ['by an event', first.events[0]!.id],
      ['by a job', job.jobs[0]!.id],
    ]);
  });

  it('keeps an event that a subscriber does not take, and gives it only to that one again', async () => {
    const observer = app.nest.get(Observer);
    observer.failAt('hard', 2);
    const seen = observer.sees('hard');
    await app.relay.start();
    await write(effects().event(ThingHappened, { thing: 'h', what: 'hard' }));
    await seen;
    expect(app.nest.get(CalmObserver).seen).toEqual(['hard']);
  });

  it('counts the attempts of an event that is not taken, with the reason', async () => {
    const observer = app.nest.get(Observer);
    observer.failAt('stubborn', 1_000);
    await write(effects().event(ThingHappened, { thing: 's', what: 'stubborn' }));
    const other = observer.sees('other subject');
    await write(effects().event(ThingHappened, { thing: 'o', what: 'other subject' }));
    await app.relay.start();
    await other;
    await app.relay.stop();
    const [row] = await outbox();
    expect(row!.attempts).toBeGreaterThanOrEqual(1);
    expect(row!.last_error).toBe('Observer.onThing: not now');
    await app.dataSource.query('DELETE FROM outbox');
  });

  it('keeps the order of one subject while its first event fails', async () => {
    const observer = app.nest.get(Observer);
    observer.failAt('first', 2);
    const last = observer.sees('third');
    await app.relay.start();
    for (const what of ['first', 'second', 'third'])
      await write(effects().event(ThingHappened, { thing: 'x', what }));
    await last;
    expect(observer.seen.map(({ data }) => data.what)).toEqual(['first', 'second', 'third']);
  });

  it('shares the work between relays without doing any twice', async () => {
    const other = await openQueueApp({ databaseUrl: database.url });
    try {
      const written = effects();
      for (let number = 0; number < 50; number++) written.job(TestWork, { label: `shared ${number}` });
      app.host.start();
      await Promise.all([app.relay.start(), other.relay.start()]);
      await write(written);
      await Promise.all(written.jobs.map(({ id }) => app.recorder.reached(id, 'COMPLETED')));
      expect(app.work.runs).toHaveLength(50);
    } finally {
      await other.close();
    }
  });
});
