import { Global, Module } from '@nestjs/common';
import { ArcanaConfig } from '../config/index.js';
import { FileMailer } from './file.mailer.js';
import { Mailer } from './mailer.js';

/** Makes `Mailer` injectable. Needs an injectable `ArcanaConfig`; there is nothing to start or close. */
@Global()
@Module({
  providers: [
    {
      provide: Mailer,
      inject: [ArcanaConfig],
      useFactory: ({ mail }: ArcanaConfig) => new FileMailer({ from: mail.from, directory: mail.directory }),
    },
  ],
  exports: [Mailer],
})
export class MailModule {}
