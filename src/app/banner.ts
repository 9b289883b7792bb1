interface BannerInput {
  version: string;
  environment: string;
  rest: string;
  grpc: string;
  management: string;
  docs: boolean;
  database: string;
  queue: string;
  /** Sign-in of the first super_admin, when it was made just now. */
  firstAdmin: { email: string; password: string } | null;
}

/** What a person who has just started the product needs: where things are, and, once, how to sign in. */
export function banner(input: BannerInput): string {
  const lines = [
    `Arcana Cloud ${input.version} (${input.environment}) is ready`,
    '',
    ...(input.docs ? [`  Swagger UI  ${input.rest}/docs`] : []),
    `  REST        ${input.rest}/api/v1`,
    `  gRPC        ${input.grpc}`,
    `  Health      ${input.rest}/health`,
    `  Metrics     ${input.management}/metrics`,
    `  Database    ${input.database}`,
    `  Queue       ${input.queue}`,
  ];
  if (input.firstAdmin) {
    lines.push(
      '',
      '  First start: an administrator (super_admin) was made. Write the password down, it is not shown again.',
      `  E-mail      ${input.firstAdmin.email}`,
      `  Password    ${input.firstAdmin.password}`,
    );
  }
  return `\n${lines.join('\n')}\n\n`;
}
