import { IsArray, IsIn, IsOptional, IsString } from 'class-validator';

const CREDENTIAL_KINDS = ['access_token', 'api_key'] as const;

/** Who is calling, as established by the authentication guard. Plain data: it travels over the link as it is. */
export class Principal {
  /** Id of the account (UUID v7). */
  @IsString()
  id: string;

  /** Role names, lowest first; one today. */
  @IsArray()
  @IsString({ each: true })
  roles: string[];

  /** Id of the session that the credential belongs to. */
  @IsOptional()
  @IsString()
  sid?: string;

  /**
   * The state in which the account was found: another one whenever anything of it was written. Who remembers it under
   * this reads nothing old.
   */
  @IsOptional()
  @IsString()
  revision?: string;

  /** What proved it: a person's session, or a key that a person made for a service. */
  @IsIn(CREDENTIAL_KINDS)
  via: (typeof CREDENTIAL_KINDS)[number];

  /** Id of the API key. */
  @IsOptional()
  @IsString()
  key_id?: string;

  /** With an API key: all it may do, names of permissions; roles alone permit nothing then. */
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  scopes?: string[];
}
