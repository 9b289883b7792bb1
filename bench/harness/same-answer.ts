import { Client, credentials, Metadata } from '@grpc/grpc-js';

/**
 * The body a side answers to a GET.
 *
 * @throws Error when it is not 200
 */
export async function bodyOf(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, { headers });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${body}`);
  return body;
}

/** One unary call by a real client. */
export interface Call {
  host: string;
  port: number;
  path: string;
  metadata: Record<string, string>;
  request: Buffer;
}

/**
 * The encoded message a side answers to a call.
 *
 * @throws ServiceError when the status is not OK
 */
export async function messageOf({ host, port, path, metadata, request }: Call): Promise<Buffer> {
  const client = new Client(`${host}:${port}`, credentials.createInsecure());
  const header = new Metadata();
  for (const [name, value] of Object.entries(metadata)) header.set(name, value);
  const unchanged = (message: Buffer): Buffer => message;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(path, unchanged, unchanged, request, header, (error, message) => {
        if (error) reject(error);
        else resolve(message ?? Buffer.alloc(0));
      });
    });
  } finally {
    client.close();
  }
}

/** Payloads of another size or shape would make a comparison of servers worthless. */
export function demandSameAnswer(side: string, answer: string, expected: string): void {
  if (answer !== expected) throw new Error(`${side} answers ${answer} where the others answer ${expected}.`);
}
