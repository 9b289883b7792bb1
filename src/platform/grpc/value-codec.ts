/** Turns one value between what protobufjs reads and writes and what DTOs hold. */
export interface ValueCodec {
  decode(raw: unknown): unknown;
  /** @param where full name of the field, for the error. @throws CodecError */
  encode(value: unknown, where: string): unknown;
}
