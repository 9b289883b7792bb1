import { ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  MaxLength,
  Min,
  ValidateBy,
  type ValidationArguments,
} from 'class-validator';
import { ROLES, type Role } from '../../platform/security/index.js';
import { Digits, Rfc3339 } from '../../platform/validation/index.js';
import { isPrintable } from '../account-rules.js';
import { USER_STATUSES, type UserStatus } from './user.dto.js';

export const USER_SORT_FIELDS = ['created_at', 'updated_at', 'last_login_at', 'name', 'email'] as const;
export type UserSortField = (typeof USER_SORT_FIELDS)[number];

/** Rows that may be skipped to reach a page: the database walks over every one of them. */
const MAX_OFFSET = 100_000;
const MAX_SIZE = 100;
const MAX_SEARCH_LENGTH = 100;

const ReachablePage = (): PropertyDecorator =>
  ValidateBy({
    name: 'pageTooDeep',
    validator: {
      validate: (page: unknown, args?: ValidationArguments) => {
        const { size } = args!.object as ListUsersQuery;
        // A size that is wrong is complained about itself, and says nothing of the page.
        if (typeof page !== 'number' || !Number.isInteger(size) || size < 1 || size > MAX_SIZE) return true;
        return page * size <= MAX_OFFSET;
      },
      defaultMessage: () => `page must not lie deeper than ${MAX_OFFSET} accounts: narrow the search`,
    },
  });

const Searchable = (): PropertyDecorator =>
  ValidateBy({
    name: 'isSearchText',
    validator: {
      validate: (text: unknown) => text === '' || isPrintable(text, MAX_SEARCH_LENGTH),
      defaultMessage: () =>
        `search must be at most ${MAX_SEARCH_LENGTH} characters long, without control characters`,
    },
  });

/** Longest cursor: a name of 100 code points outside the basic plane, escaped in JSON, and an id. */
const MAX_CURSOR_LENGTH = 2048;
const CURSOR = /^[\w-]*$/;

const Cursor = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCursor',
    validator: {
      validate: (cursor: unknown) =>
        typeof cursor === 'string' && cursor.length <= MAX_CURSOR_LENGTH && CURSOR.test(cursor),
      defaultMessage: () => 'cursor must be empty or what this list has given',
    },
  });

const WithoutPage = (): PropertyDecorator =>
  ValidateBy({
    name: 'excludesPage',
    validator: {
      validate: (_: unknown, args?: ValidationArguments) => (args!.object as ListUsersQuery).page === 0,
      defaultMessage: () => 'cursor and page are two ways to read a list: give one of them',
    },
  });

/** Which accounts, in which order. Deleted ones are left out unless asked for by status. */
export class ListUsersQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, description: 'Page number from 0.' })
  @Digits()
  @IsInt()
  @Min(0)
  @ReachablePage()
  page: number = 0;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_SIZE,
    default: 10,
    description: 'Accounts per page.',
  })
  @Digits()
  @IsInt()
  @Min(1)
  @Max(MAX_SIZE)
  size: number = 10;

  @ApiPropertyOptional({
    maxLength: MAX_CURSOR_LENGTH,
    description:
      'Read by cursor instead of by page number: empty for the first page, then `next_cursor` of the page before, with the same sort, order and filters. Nothing is counted; the answer is a `UserCursorPage`.',
  })
  @IsOptional()
  @Cursor()
  @WithoutPage()
  cursor?: string;

  @ApiPropertyOptional({
    enum: USER_SORT_FIELDS,
    default: 'created_at',
    description: 'An account that never signed in counts as the earliest; addresses are sorted without case.',
  })
  @IsIn(USER_SORT_FIELDS)
  sort: UserSortField = 'created_at';

  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'desc' })
  @IsIn(['asc', 'desc'])
  order: 'asc' | 'desc' = 'desc';

  @ApiPropertyOptional({
    maxLength: MAX_SEARCH_LENGTH,
    description: 'Text to look for in name and e-mail address.',
  })
  @IsOptional()
  @Searchable()
  search?: string;

  @ApiPropertyOptional({ enum: ROLES, enumName: 'UserRole' })
  @IsOptional()
  @IsIn(ROLES)
  role?: Role;

  @ApiPropertyOptional({ enum: USER_STATUSES, enumName: 'UserStatus' })
  @IsOptional()
  @IsIn(USER_STATUSES)
  status?: UserStatus;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Only accounts made after this moment.',
  })
  @IsOptional()
  @Rfc3339()
  created_after?: Date;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'Only accounts made before this moment.',
  })
  @IsOptional()
  @Rfc3339()
  created_before?: Date;
}

/** A place in a list: what the row that stands there is sorted by, and its id. */
export class ListStart {
  /** Text, RFC 3339 for a time, or `-infinity` for the time of what never happened. */
  @IsString()
  @MaxLength(400)
  value: string;

  @IsUUID()
  id: string;

  /** Whether what stands before the place is meant, not what follows. */
  @IsBoolean()
  backwards: boolean;
}
