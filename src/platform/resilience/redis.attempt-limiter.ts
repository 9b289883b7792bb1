import { RedisScript, type RedisClients } from '../redis/index.js';
import {
  AttemptLimiter,
  budgetDecision,
  HOLD_SECONDS,
  type AttemptBudget,
  type AttemptOutcome,
  type BudgetDecision,
} from './attempt-limiter.js';
import { MemoryAttemptLimiter } from './memory.attempt-limiter.js';
import { RedisOrLocal, type Patience } from './redis-or-local.js';

// Two keys per budget: its counter, and when its group was forgiven. The server's clock, so that processes whose clocks
// differ count alike. A counter is forgotten when it would be whole and no attempt is under way.
const ATTEMPT = new RedisScript(`
  local action, holdMs = ARGV[1], tonumber(ARGV[2])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local counters, answer, open = {}, {}, true
  for i = 1, #KEYS / 2 do
    local limit, perMs = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    local c = redis.call('HMGET', KEYS[2 * i - 1], 'left', 'at', 'held', 'held_at')
    local left, at = tonumber(c[1]) or limit, tonumber(c[2]) or now
    local held, heldAt = tonumber(c[3]) or 0, tonumber(c[4]) or 0
    if at <= (tonumber(redis.call('GET', KEYS[2 * i]) or -1)) then left = limit end
    left = math.min(limit, left + math.max(0, now - at) * perMs)
    if now - heldAt > holdMs then held = 0 end
    if left - held < 1 then open = false end
    counters[i] = { limit = limit, perMs = perMs, left = left, held = held, heldAt = heldAt }
    answer[2 * i - 1] = string.format('%.9f', left)
    answer[2 * i] = held
  end
  if action == 'look' or (action == 'hold' and not open) then return answer end
  for i, c in ipairs(counters) do
    if action == 'hold' then
      c.held = c.held + 1
      c.heldAt = now
    else
      c.held = math.max(0, c.held - 1)
      if action == 'failed' then c.left = math.max(0, c.left - 1) end
      if action == 'succeeded' and ARGV[3 * i + 2] == '1' then c.left = c.limit end
    end
    local key = KEYS[2 * i - 1]
    if c.held == 0 and c.left >= c.limit then
      redis.call('DEL', key)
    else
      redis.call('HSET', key, 'left', string.format('%.9f', c.left), 'at', string.format('%.0f', now),
        'held', c.held, 'held_at', string.format('%.0f', c.heldAt))
      local ttl = math.ceil((c.limit - c.left) / c.perMs)
      if c.held > 0 then ttl = math.max(ttl, holdMs) end
      redis.call('PEXPIRE', key, math.max(1, ttl))
    end
  end
  return answer`);

const FORGIVE = new RedisScript(`
  local time = redis.call('TIME')
  redis.call('SET', KEYS[1], string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000)), 'EX', ARGV[1])`);

const PREFIX = 'arcana:attempts';

/** Failures counted in Redis by one script: exact over any number of processes. While Redis is away, this process counts. */
export class RedisAttemptLimiter extends AttemptLimiter {
  readonly #local = new MemoryAttemptLimiter();
  readonly #redis: RedisOrLocal;

  constructor(clients: RedisClients, patience?: Patience) {
    super();
    this.#redis = new RedisOrLocal(clients, 'Failed attempts', patience);
  }

  look(budgets: readonly AttemptBudget[]): BudgetDecision[] | Promise<BudgetDecision[]> {
    return this.#run('look', budgets, () => this.#local.look(budgets));
  }

  hold(budgets: readonly AttemptBudget[]): BudgetDecision[] | Promise<BudgetDecision[]> {
    return this.#run('hold', budgets, () => this.#local.hold(budgets));
  }

  settle(budgets: readonly AttemptBudget[], outcome: AttemptOutcome): void | Promise<void> {
    const done = this.#run(outcome, budgets, () => {
      this.#local.settle(budgets, outcome);
      return [];
    });
    return done instanceof Promise ? done.then(() => undefined) : undefined;
  }

  forgive(group: string, windowSeconds: number): void | Promise<void> {
    // Here too: what was counted while Redis was away is still in this process.
    this.#local.forgive(group);
    return this.#redis.run(
      async (client) => {
        await FORGIVE.run(client, [groupKey(group)], [windowSeconds]);
      },
      () => undefined,
    );
  }

  #run(
    action: 'look' | 'hold' | AttemptOutcome,
    budgets: readonly AttemptBudget[],
    local: () => BudgetDecision[],
  ): BudgetDecision[] | Promise<BudgetDecision[]> {
    if (budgets.length === 0) return [];
    const keys = budgets.flatMap(({ key, group }) => [`${PREFIX}:${key}`, groupKey(group ?? key)]);
    const sizes = budgets.flatMap(({ limit, windowSeconds, isClearedBySuccess }) => [
      limit,
      limit / (windowSeconds * 1000),
      isClearedBySuccess ? 1 : 0,
    ]);
    return this.#redis.run(async (client) => {
      const answer = (await ATTEMPT.run(client, keys, [action, HOLD_SECONDS * 1000, ...sizes])) as (
        string | number
      )[];
      return budgets.map((budget, i) =>
        budgetDecision(budget, Number(answer[2 * i]), Number(answer[2 * i + 1])),
      );
    }, local);
  }
}

const groupKey = (group: string): string => `${PREFIX}:forgiven:${group}`;
