/** What an agent is told by whoever started it together with a worker: the answer of a `load` comes at this descriptor. */
export const HANDED = '3';
