import { Global, Module } from '@nestjs/common';
import { ArcanaConfig, mailTransport } from '../config/index.js';
import { HealthRegistry } from '../health/index.js';
import { FileMailer } from './file.mailer.js';
import { Mailer } from './mailer.js';
import { NoMailer } from './no-mailer.js';
import { SmtpMailer } from './smtp.mailer.js';

/** @throws Error in one sentence when the settings name a file that cannot be read */
function open({ mail }: ArcanaConfig, health: HealthRegistry): Mailer {
  switch (mailTransport(mail)) {
    case 'smtp': {
      const mailer = new SmtpMailer(mail);
      // Without it mails wait in the queue: degraded, and still ready.
      health.register({ name: 'smtp', required: false, check: () => mailer.check() });
      return mailer;
    }
    case 'file':
      return new FileMailer(mail);
    case 'none':
      return new NoMailer();
  }
}

/**
 * Makes `Mailer` injectable: the adapter that the configuration names. Needs an injectable `ArcanaConfig` and
 * `HealthRegistry`; its connections are closed with the module.
 */
@Global()
@Module({
  providers: [{ provide: Mailer, inject: [ArcanaConfig, HealthRegistry], useFactory: open }],
  exports: [Mailer],
})
export class MailModule {}
