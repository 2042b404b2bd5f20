/** One piece of work with an agent, which is let go of whatever comes of it. */
interface Closable {
  close(): void;
}

/**
 * Does `work` with an agent and closes it then. Throws what `opening` and `work` throw.
 *
 * @param opening - as `Agents.open`, `inProcess` and `running` give it
 */
export async function withAgent<A extends Closable, T>(opening: A | Promise<A>, work: (agent: A) => Promise<T>): Promise<T> {
  const agent = await opening;
  try {
    return await work(agent);
  } finally {
    agent.close();
  }
}
