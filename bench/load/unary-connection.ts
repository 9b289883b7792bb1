import { connect, type Socket } from 'node:net';
import { CONNECTION_PREFACE, encodeFrame, encodeNumber, Flag, FrameType, frameSplitter } from './frames.ts';
import type { Frame } from './frames.ts';
import { encodeHeaders, type HeaderBlocks } from './hpack.ts';

/** The call a connection makes over and over. */
export interface UnaryCall {
  path: string;
  metadata: Record<string, string>;
  /** The encoded request message. */
  request: Buffer;
}

const DEFAULT_WINDOW = 65_535;
const RECEIVE_WINDOW = 2 ** 30;
/** SETTINGS_HEADER_TABLE_SIZE = 0: the server must write its trailers out, so that they can be checked unread. */
const NO_TABLE_FOR_ANSWERS = Buffer.from([0, 1, 0, 0, 0, 0]);
/** `grpc-status: 0` as a literal field whose name is Huffman coded, the form nghttp2 writes. */
const STATUS_OK = Buffer.from('889acac8b21234da8f0130', 'hex');
/** grpc-message framing: not compressed, then the length. */
const MESSAGE_PREFIX_BYTES = 5;

interface Waiting {
  resolve: () => void;
  reject: (reason: Error) => void;
}

/**
 * A gRPC connection that knows one call. It writes HTTP/2 frames made beforehand and looks at nothing
 * in the answer but its status.
 *
 * A client of grpc-js needs more processor time per call than the server it calls, so that it, not the
 * server, would set the rate, and servers of different speed would measure alike.
 */
export class UnaryConnection {
  private readonly socket: Socket;
  private readonly headers: HeaderBlocks;
  private readonly message: Buffer;
  private readonly waiting = new Map<number, Waiting>();
  private nextStream = 1;
  private sendWindow = DEFAULT_WINDOW;
  private unacknowledged = 0;
  private corked = false;

  constructor(host: string, port: number, call: UnaryCall) {
    this.headers = encodeHeaders([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', call.path],
      [':authority', `${host}:${port}`],
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
      ['user-agent', 'arcana-bench'],
      ...Object.entries(call.metadata),
    ]);
    const prefix = Buffer.alloc(MESSAGE_PREFIX_BYTES);
    prefix.writeUInt32BE(call.request.length, 1);
    this.message = Buffer.concat([prefix, call.request]);
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on(
      'data',
      frameSplitter((frame) => this.receive(frame)),
    );
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error('The connection was closed.')));
    this.socket.write(CONNECTION_PREFACE);
    this.socket.write(encodeFrame(FrameType.settings, 0, 0, NO_TABLE_FOR_ANSWERS));
    this.socket.write(
      encodeFrame(FrameType.windowUpdate, 0, 0, encodeNumber(RECEIVE_WINDOW - DEFAULT_WINDOW)),
    );
  }

  /** Makes the call once. @throws Error when the answer is any status but OK */
  call(): Promise<void> {
    if (this.socket.destroyed) return Promise.reject(new Error('The connection is closed.'));
    this.sendWindow -= this.message.length;
    if (this.sendWindow < 0) return Promise.reject(new Error('The server does not open its window.'));
    const stream = this.nextStream;
    this.nextStream += 2;
    this.writeTogether();
    const block = stream === 1 ? this.headers.first : this.headers.later;
    this.socket.write(encodeFrame(FrameType.headers, Flag.endHeaders, stream, block));
    this.socket.write(encodeFrame(FrameType.data, Flag.endStream, stream, this.message));
    return new Promise((resolve, reject) => this.waiting.set(stream, { resolve, reject }));
  }

  close(): void {
    this.socket.destroy();
  }

  /** Everything written in one turn of the event loop leaves in one packet. */
  private writeTogether(): void {
    if (this.corked) return;
    this.corked = true;
    this.socket.cork();
    setImmediate(() => {
      this.corked = false;
      this.socket.uncork();
    });
  }

  private receive({ type, flags, stream, payload }: Frame): void {
    switch (type) {
      case FrameType.headers:
        if (flags & Flag.endStream) this.settle(stream, payload.includes(STATUS_OK));
        return;
      case FrameType.data:
        this.giveBack(payload.length);
        return;
      case FrameType.resetStream:
        this.settle(stream, false);
        return;
      case FrameType.settings:
      case FrameType.ping:
        if (!(flags & Flag.acknowledge)) {
          const echoed = type === FrameType.ping ? payload : Buffer.alloc(0);
          this.socket.write(encodeFrame(type, Flag.acknowledge, 0, echoed));
        }
        return;
      case FrameType.windowUpdate:
        if (stream === 0) this.sendWindow += payload.readUInt32BE(0);
        return;
      case FrameType.goAway:
      case FrameType.continuation:
        this.fail(new Error(`A frame of type ${type} ends the connection.`));
        this.socket.destroy();
    }
  }

  private settle(stream: number, succeeded: boolean): void {
    const waiting = this.waiting.get(stream);
    this.waiting.delete(stream);
    if (succeeded) waiting?.resolve();
    else waiting?.reject(new Error('The call did not end with status 0.'));
  }

  private giveBack(bytes: number): void {
    this.unacknowledged += bytes;
    if (this.unacknowledged < RECEIVE_WINDOW / 2) return;
    this.socket.write(encodeFrame(FrameType.windowUpdate, 0, 0, encodeNumber(this.unacknowledged)));
    this.unacknowledged = 0;
  }

  private fail(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}
