import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { incomingContext, parseCall, type AnswerEnvelope, type CallEnvelope } from './envelope.js';
import { assertFullyRemote, remoteMethods, type AbstractClass, type RemoteMethod } from './remote.js';
import { decode } from './wire-type.js';

interface Exposed {
  readonly instance: Record<string, (...args: unknown[]) => Promise<unknown>>;
  readonly methods: ReadonlyMap<string, RemoteMethod>;
}

/** Answers calls that arrive over a link with the real services and adapters of this process. */
export class Exposer {
  readonly #targets = new Map<string, Exposed>();

  /** @param onFault told of every failure that is no AppError: the caller gets INTERNAL_ERROR, the cause stays here. */
  constructor(private readonly onFault: (cause: unknown) => void) {}

  /** @throws Error when the class has a public method that is not marked, or its name is taken. */
  expose(target: AbstractClass, instance: object): void {
    assertFullyRemote(target);
    if (this.#targets.has(target.name))
      throw new Error(`Two exposed classes are named ${target.name}: rename one.`);
    this.#targets.set(target.name, {
      instance: instance as Exposed['instance'],
      methods: remoteMethods(target),
    });
  }

  /** Takes and gives JSON; never throws: whatever goes wrong is in the answer. */
  async handle(json: string, signal?: AbortSignal): Promise<string> {
    let answer: AnswerEnvelope;
    try {
      const call = parseCall(json);
      answer = {
        result: await RequestContext.run(incomingContext(call.context, signal), () => this.#invoke(call)),
      };
    } catch (error) {
      if (!(error instanceof AppError)) this.onFault(error);
      answer = { error: (error instanceof AppError ? error : new AppError('INTERNAL_ERROR')).toWire() };
    }
    return JSON.stringify(answer);
  }

  async #invoke(call: CallEnvelope): Promise<unknown> {
    const exposed = this.#targets.get(call.target);
    const method = exposed?.methods.get(call.method);
    if (!exposed || !method) {
      throw new AppError('METHOD_NOT_ALLOWED', { message: 'This process does not answer that call.' });
    }
    const args = method.args.map((type, index) => decode(type, call.args[index], `args.${index}`));
    return exposed.instance[call.method]!(...args);
  }
}
