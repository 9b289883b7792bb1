/** What a setting can hold; undefined only where it is optional. */
export type SettingValue = string | number | boolean | string[] | undefined;

interface Described {
  /** One sentence for .env.example, the documentation and nobody else: what it does, and its unit. */
  description: string;
  /** The value is never printed, neither at start nor in an error. */
  secret?: true;
  /** There is no default: the property is undefined until somebody sets it. Say in the description what unset means. */
  optional?: true;
}

/** What the entries of a list are. */
export type ListOf = 'origins' | 'addresses' | 'ports';

/** What a setting is: this alone decides how text becomes a value and which values are accepted. */
export type SettingOptions = Described &
  (
    | { type: 'text'; minBytes?: number; maxLength?: number }
    | { type: 'email' }
    | { type: 'integer'; min: number; max: number }
    | { type: 'flag' }
    | { type: 'choice'; values: readonly string[]; lenient?: true }
    | { type: 'list'; of: ListOf }
    | { type: 'url'; schemes: readonly string[] }
    /** `within`: unless somebody sets it, the path follows `data_directory`, as this name inside it. */
    | { type: 'path'; within?: string }
  );
