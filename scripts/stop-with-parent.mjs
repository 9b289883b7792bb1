/**
 * Loaded into the product by `npm start`, and into the compiler by `npm run start:dev`: when the process that started it
 * is killed, it stops as if by SIGTERM instead of staying behind, out of the terminal's reach, on its ports.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// Listening must not keep a process alive that has nothing else to do.
process.channel?.unref();
