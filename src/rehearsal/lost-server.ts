const LOST = /^(ECONNREFUSED|ECONNRESET|EPIPE|ENOTCONN|ETIMEDOUT|08...|57P0[1-5])$/;

/** Whether a database did not answer because its server is gone, or the connection to it: by the system's code, the server's, or what `pg` says. */
export function serverIsLost(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: unknown; message?: string };
  return LOST.test(String(code)) || /^Connection terminated|Client has encountered a connection error/.test(message);
}
