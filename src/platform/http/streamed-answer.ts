import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { RequestContext } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { streamingRequest, type StreamingRequest } from './http-context.js';

/** So many bytes at a time go on their way: a reader who takes fewer within the time of a request is cut off. */
const STEP = 16_384;

/** An answer that is too long to be held. */
export interface StreamedAnswer {
  readonly contentType: string;
  /** Under which a browser saves it: ASCII letters, digits, dots and dashes. */
  readonly filename: string;
  /**
   * The bytes, in pieces of any size. Each is asked for when all before it has gone on its way, in the context of the
   * request, which then has its time anew.
   */
  readonly pieces: AsyncIterable<Buffer>;
}

const logger = new Logger('StreamedAnswer');

/**
 * Answers with a stream. What fails before the first piece is thrown, for the error filter; what fails later cuts the
 * connection, so that nobody takes a part for the whole. A client that leaves ends the work.
 */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  { contentType, filename, pieces }: StreamedAnswer,
): Promise<void> {
  const streaming = streamingRequest(request);
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  void reply
    .header('content-type', contentType)
    .header('content-disposition', `attachment; filename="${filename}"`);
  if (request.method === 'HEAD') {
    await iterator.return?.();
    void reply.send();
    return;
  }
  const rest = remaining(streaming, first, iterator);
  void reply.send(Readable.from(rest, { objectMode: false, highWaterMark: STEP }));
}

async function* remaining(
  streaming: StreamingRequest,
  first: IteratorResult<Buffer>,
  iterator: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    for (let piece = first; piece.done !== true;) {
      for (let at = 0; at < piece.value.length; at += STEP) {
        yield piece.value.subarray(at, at + STEP);
        // Asked for more: what was given before has gone on its way.
        streaming.moved();
      }
      piece = await RequestContext.run(streaming.context, () => iterator.next());
    }
  } catch (error) {
    if (!streaming.context.signal.aborted) {
      const line = { msg: 'An answer broke off.', request_id: streaming.context.requestId, err: error };
      // A caller who lost the right meanwhile is no fault of ours.
      if (error instanceof AppError && error.entry.level === 'info') logger.log(line);
      else logger.error(line);
      streaming.abandon(500);
    }
    throw error;
  } finally {
    await iterator.return?.();
  }
}
