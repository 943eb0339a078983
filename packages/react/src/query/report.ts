/** Errors of callbacks that nobody waits for: told as the client tells those of handlers. */
export function report(where: string, error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: what went wrong must be seen somewhere
  console.error(`tidings: ${where}:`, error);
}
