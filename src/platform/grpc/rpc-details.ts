import protobuf from 'protobufjs';

/**
 * The messages of google.rpc that errors are explained with, as far as they are used. They are written down here because
 * Google publishes them in a repository of their own, and `proto/` holds what the product promises, nothing else.
 * Source: https://github.com/googleapis/googleapis/tree/master/google/rpc (status.proto, error_details.proto).
 */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  package google.rpc;

  message Any { string type_url = 1; bytes value = 2; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }

  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message RetryInfo { Duration retry_delay = 1; }
  message RequestInfo { string request_id = 1; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; string reason = 3; }
    repeated FieldViolation field_violations = 1;
  }`,
  { keepCase: true },
);
root.resolveAll();

export type DetailName = 'ErrorInfo' | 'BadRequest' | 'RetryInfo' | 'RequestInfo';

const typeOf = (name: DetailName | 'Status'): protobuf.Type => root.lookupType(`google.rpc.${name}`);
const status = typeOf('Status');
const types: Readonly<Record<DetailName, protobuf.Type>> = {
  ErrorInfo: typeOf('ErrorInfo'),
  BadRequest: typeOf('BadRequest'),
  RetryInfo: typeOf('RetryInfo'),
  RequestInfo: typeOf('RequestInfo'),
};

/** One message packed as google.protobuf.Any. */
export interface Detail {
  type_url: string;
  value: Uint8Array;
}

/** Packs one message of google.rpc; `value` has its fields under their names in the .proto file. */
export const detail = (name: DetailName, value: object): Detail => ({
  type_url: `type.googleapis.com/google.rpc.${name}`,
  value: types[name].encode(value).finish(),
});

/** A google.rpc.Status as the `grpc-status-details-bin` trailer carries it. */
export const encodeStatus = (code: number, message: string, details: Detail[]): Buffer =>
  status.encode({ code, message, details }).finish() as Buffer;
