import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One table for every token that is mailed to an account's owner, instead of one for setting a password alone.
 *
 * purpose: a token opens what it was made for and nothing else.
 * email: the address it was mailed to, in the form addresses are compared in. A token is void while the account has
 * another one, without anybody having to clear it away; kept rows still count against how many mails an account may
 * cause, so that changing the address to and fro buys none.
 * mail_id: the job that mails it. A job that runs again mails another token under the same Message-ID, and whichever
 * of the two a mail program keeps must work; counting is by mail.
 */
export class AccountTokens1790000000042 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE password_tokens RENAME TO account_tokens');
    await queryRunner.query(
      'ALTER TABLE account_tokens RENAME CONSTRAINT pk_password_tokens TO pk_account_tokens',
    );
    await queryRunner.query(
      'ALTER TABLE account_tokens RENAME CONSTRAINT fk_password_tokens_user TO fk_account_tokens_user',
    );
    await queryRunner.query('ALTER INDEX ix_password_tokens_user RENAME TO ix_account_tokens_user');
    await queryRunner.query(`
      ALTER TABLE account_tokens
        ADD COLUMN purpose text NOT NULL DEFAULT 'set_password'
          CONSTRAINT ck_account_tokens_purpose CHECK (purpose IN ('set_password', 'verify_email')),
        ADD COLUMN email text,
        ADD COLUMN mail_id uuid`);
    // What was mailed before the step goes on working: until now every token was void once its address had changed.
    await queryRunner.query(`
      UPDATE account_tokens t SET mail_id = gen_random_uuid(), email = lower(u.email COLLATE "C")
      FROM users u WHERE u.id = t.user_id`);
    await queryRunner.query(`
      ALTER TABLE account_tokens
        ALTER COLUMN purpose DROP DEFAULT,
        ALTER COLUMN email SET NOT NULL,
        ALTER COLUMN mail_id SET NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DELETE FROM account_tokens t USING users u
      WHERE u.id = t.user_id AND (t.purpose <> 'set_password' OR t.email <> lower(u.email COLLATE "C"))`);
    await queryRunner.query(
      'ALTER TABLE account_tokens DROP COLUMN purpose, DROP COLUMN email, DROP COLUMN mail_id',
    );
    await queryRunner.query('ALTER INDEX ix_account_tokens_user RENAME TO ix_password_tokens_user');
    await queryRunner.query(
      'ALTER TABLE account_tokens RENAME CONSTRAINT fk_account_tokens_user TO fk_password_tokens_user',
    );
    await queryRunner.query(
      'ALTER TABLE account_tokens RENAME CONSTRAINT pk_account_tokens TO pk_password_tokens',
    );
    await queryRunner.query('ALTER TABLE account_tokens RENAME TO password_tokens');
  }
}
