import { Controller, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Exposer } from './exposer.js';
import { defineFeature } from './feature.js';
import { LoopbackLink } from './link.js';
import { assertFullyRemote, Remote, remoteMethods, RemotePort } from './remote.js';
import { answersModule, featureModule, type LinkKind } from './role.js';

@RemotePort<Greetings>({ find: { args: [String], result: String, idempotent: true } })
abstract class Greetings {
  abstract find(name: string): Promise<string>;
}

@Injectable()
class FixedGreetings extends Greetings {
  override find(name: string): Promise<string> {
    return Promise.resolve(`Hello ${name}`);
  }
}

@Injectable()
class Greeter {
  constructor(private readonly greetings: Greetings) {}

  @Remote({ args: [String], result: String })
  greet(name: string): Promise<string> {
    return this.greetings.find(name);
  }
}

abstract class Asked {
  abstract greet(name: string): Promise<string>;
}

@Controller()
class GreetController {
  constructor(readonly greeter: Greeter) {}
}

const feature = defineFeature({
  name: 'greetings',
  controllers: [GreetController],
  services: [Greeter],
  repositories: [{ port: Greetings, adapter: FixedGreetings }],
  answers: [{ port: Asked, by: Greeter }],
});

async function build(link: LinkKind) {
  const exposer = new Exposer(() => undefined);
  const links: DynamicModule = {
    module: class LinkModule {},
    global: true,
    providers: [
      { provide: Exposer, useValue: exposer },
      { provide: LoopbackLink, useValue: new LoopbackLink(exposer) },
    ],
    exports: [Exposer, LoopbackLink],
  };
  const modules = [featureModule(feature, link, [])];
  return Test.createTestingModule({
    imports: [links, ...modules, answersModule([feature], modules)],
  }).compile();
}

describe('the module of a feature', () => {
  it.each<LinkKind>(['direct', 'loopback'])('works the same with calls %s', async (link) => {
    const app = await build(link);
    await expect(app.get(Greeter, { strict: false }).greet('Ada')).resolves.toBe('Hello Ada');
    await expect(app.get(Asked, { strict: false }).greet('Ada')).resolves.toBe('Hello Ada');
    await app.close();
  });

  it('gives the real service to the controller when calls are direct', async () => {
    const app = await build('direct');
    const { greeter } = app.get(GreetController, { strict: false });
    expect(Object.hasOwn(greeter, 'greetings')).toBe(true);
    await app.close();
  });

  it('gives the controller a stand-in when calls are looped', async () => {
    const app = await build('loopback');
    const { greeter } = app.get(GreetController, { strict: false });
    expect(greeter).toBeInstanceOf(Greeter);
    expect(Object.hasOwn(greeter, 'greetings')).toBe(false);
    await app.close();
  });

  it('refuses a service with a public method that is not marked', () => {
    class Leaky {
      @Remote({ args: [], result: String })
      async marked(): Promise<string> {
        return '';
      }

      async unmarked(): Promise<string> {
        return '';
      }
    }
    expect(() => featureModule(defineFeature({ name: 'leaky', services: [Leaky] }), 'direct', [])).toThrow(
      'Leaky.unmarked is public but not marked: add @Remote({ args, result }) or make it a #private method.',
    );
  });

  it('refuses a service without any marked method', () => {
    class Silent {}
    expect(() => assertFullyRemote(Silent)).toThrow('Silent crosses layers but declares no @Remote method');
  });

  it('lets a feature see those before it', async () => {
    @Injectable()
    class Loud {
      constructor(private readonly greeter: Greeter) {}

      @Remote({ args: [String], result: String })
      async shout(name: string): Promise<string> {
        return (await this.greeter.greet(name)).toUpperCase();
      }
    }
    const below = featureModule(feature, 'direct', []);
    const above = featureModule(defineFeature({ name: 'loud', services: [Loud] }), 'direct', [below]);
    @Module({ imports: [below, above] })
    class App {}
    const app = await Test.createTestingModule({ imports: [App] }).compile();
    await expect(app.get(Loud, { strict: false }).shout('Ada')).resolves.toBe('HELLO ADA');
    await app.close();
  });
});

describe('the marked methods of a class', () => {
  it('include inherited ones, the nearest declaration first', () => {
    class Below {
      @Remote({ args: [], result: String })
      async one(): Promise<string> {
        return '';
      }
    }
    class Above extends Below {
      @Remote({ args: [], result: Number })
      async two(): Promise<number> {
        return 2;
      }
    }
    expect([...remoteMethods(Above).keys()].sort()).toEqual(['one', 'two']);
    expect([...remoteMethods(Below).keys()]).toEqual(['one']);
  });
});
