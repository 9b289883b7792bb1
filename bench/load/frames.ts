/** HTTP/2 frames (RFC 9113): writing them, and cutting a byte stream into them. */

export const FrameType = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const Flag = { acknowledge: 0x1, endStream: 0x1, endHeaders: 0x4 } as const;

export const CONNECTION_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

const HEADER_BYTES = 9;

export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** One encoded frame. */
export function encodeFrame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  frame.writeUIntBE(payload.length, 0, 3);
  frame.writeUInt8(type, 3);
  frame.writeUInt8(flags, 4);
  frame.writeUInt32BE(stream, 5);
  payload.copy(frame, HEADER_BYTES);
  return frame;
}

/** A 32-bit number, the payload of WINDOW_UPDATE. */
export function encodeNumber(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Returns a function that takes the next chunk of a connection and hands each whole frame to `receive`. */
export function frameSplitter(receive: (frame: Frame) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let offset = 0;
    while (bytes.length - offset >= HEADER_BYTES) {
      const end = offset + HEADER_BYTES + bytes.readUIntBE(offset, 3);
      if (end > bytes.length) break;
      receive({
        type: bytes.readUInt8(offset + 3),
        flags: bytes.readUInt8(offset + 4),
        stream: bytes.readUInt32BE(offset + 5) & 0x7fffffff,
        payload: bytes.subarray(offset + HEADER_BYTES, end),
      });
      offset = end;
    }
    pending = bytes.subarray(offset);
  };
}
