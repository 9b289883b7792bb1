import { encodeFrame, frameSplitter, FrameType, type Frame } from './frames.ts';

describe('frames', () => {
  const bytes = Buffer.concat([
    encodeFrame(FrameType.headers, 4, 1, Buffer.from('first')),
    encodeFrame(FrameType.data, 1, 70_000, Buffer.alloc(0)),
    encodeFrame(FrameType.data, 0, 3, Buffer.alloc(300, 'x')),
  ]);
  const expected = [
    { type: FrameType.headers, flags: 4, stream: 1, payload: Buffer.from('first') },
    { type: FrameType.data, flags: 1, stream: 70_000, payload: Buffer.alloc(0) },
    { type: FrameType.data, flags: 0, stream: 3, payload: Buffer.alloc(300, 'x') },
  ];

  it.each([1, 7, 9, 10, 150, bytes.length])(
    'come out whole when they arrive in pieces of %i bytes',
    (size) => {
      const frames: Frame[] = [];
      const split = frameSplitter((frame) => frames.push({ ...frame, payload: Buffer.from(frame.payload) }));
      for (let offset = 0; offset < bytes.length; offset += size)
        split(bytes.subarray(offset, offset + size));

      expect(frames).toEqual(expected);
    },
  );
});
