import { IsInt, IsOptional, IsUUID, Min } from 'class-validator';
import { Uuid } from '../../platform/validation/index.js';
import { IsEmailAddress } from '../account-rules.js';

/** Message of UserService.GetUser. */
export class UserIdMessage {
  @Uuid()
  @IsUUID()
  id: string;
}

/** Message of UserService.GetUserByEmail and EmailExists. */
export class UserEmailMessage {
  @IsEmailAddress()
  email: string;
}

/** Message of UserService.DeleteUser. */
export class DeleteUserMessage extends UserIdMessage {
  @IsOptional()
  @IsInt()
  @Min(1)
  expected_version?: number;
}
