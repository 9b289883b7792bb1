import { readFileSync } from 'node:fs';
import type { SMTPPoolOptions } from 'nodemailer';
import type { SmtpSettings } from '../config/index.js';

const PORT = { 'smtp:': 587, 'smtps:': 465 } as const;

interface Target {
  host: string;
  port: number;
  user?: string | undefined;
  password?: string | undefined;
  isImplicit: boolean;
}

function targetOf({ url, host, port, user, password, tls }: SmtpSettings): Target {
  if (url === undefined) return { host: host!, port, user, password, isImplicit: tls === 'implicit' };
  const { protocol, hostname, port: given, username, password: secret } = new URL(url);
  const isImplicit = protocol === 'smtps:' || tls === 'implicit';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(given) || PORT[isImplicit ? 'smtps:' : 'smtp:'],
    ...(username !== '' && { user: decodeURIComponent(username), password: decodeURIComponent(secret) }),
    isImplicit,
  };
}

/** @throws Error in one sentence naming the setting */
function authorities(path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  } catch {
    // Not a file, or not ours to read: the same sentence.
  }
  throw new Error(
    `ARCANA_MAIL__SMTP__TLS_CA names ${path}, which is no readable PEM file with certificates: give it one, or leave it out.`,
  );
}

/**
 * How connections to the server are opened: encrypted as configured or not at all, every wait bounded.
 * @throws Error in one sentence when the file of authorities cannot be read
 */
export function smtpOptions(
  smtp: SmtpSettings,
): SMTPPoolOptions & { pool: true; host: string; port: number } {
  const { host, port, user, password, isImplicit } = targetOf(smtp);
  const isPlain = smtp.tls === 'none' && !isImplicit;
  return {
    pool: true,
    host,
    port,
    secure: isImplicit,
    requireTLS: !isImplicit && !isPlain,
    ignoreTLS: isPlain,
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    tls: { minVersion: 'TLSv1.2', ...(smtp.tls_ca !== undefined && { ca: authorities(smtp.tls_ca) }) },
    maxConnections: smtp.max_connections,
    // One layer repeats: the job. A second one here could deliver twice what the server took before it fell silent.
    maxRequeues: 0,
    dnsTimeout: smtp.connect_timeout_ms,
    connectionTimeout: smtp.connect_timeout_ms,
    greetingTimeout: smtp.connect_timeout_ms,
    socketTimeout: smtp.send_timeout_ms,
    socketCloseTimeout: 0,
  };
}
