/** Who is on a channel, as the nodes of its presence log say it: protocol.md, section 9. It holds no connection and sends nothing. */

/** A user on a channel: with so many connections, and what each of those that said something of itself says now. */
export interface PresentUser<M = unknown> {
  readonly user_id: string;
  readonly connections: number;
  readonly metadata: readonly M[];
}

/** As it stands on the wire. */
type Said<M> = Omit<PresentUser<M>, "metadata"> & { readonly metadata?: readonly M[] };
type NodeUsers<M> = { readonly node: string; readonly users: readonly Said<M>[] };

/** The payloads of the messages that change a roster. */
export interface PresencePayloads<M = unknown> {
  "presence:state": {
    readonly channel: string;
    readonly part: number;
    readonly nodes: readonly NodeUsers<M>[];
    readonly more?: true;
  };
  "presence:changed": NodeUsers<M> & { readonly full?: true };
  "presence:node_left": { readonly node: string };
}

const NODES = 1_000;
const USERS = 10_000;

/** What each node said last of each of its users; at most 1,000 nodes, and 10,000 users of each, are remembered. */
export class Roster<M = unknown> {
  readonly #nodes = new Map<string, Map<string, PresentUser<M>>>();
  #users: readonly PresentUser<M>[] = [];
  /** The whole of it is known. */
  ready = false;

  /** Everybody, once each, in order of their ids: the same array until somebody changes, and the same objects for who has not. */
  get users(): readonly PresentUser<M>[] {
    return this.#users;
  }

  /** After each message of the table in section 9; payloads of other types are ignored. */
  apply(type: string, payload: unknown): void {
    if (type === "presence:state") this.#state(payload as PresencePayloads<M>["presence:state"]);
    if (type === "presence:changed") {
      const { node, users, full } = payload as PresencePayloads<M>["presence:changed"];
      if (full) this.#nodes.delete(node);
      this.#set(node, users);
    }
    if (type === "presence:node_left") this.#nodes.delete((payload as PresencePayloads["presence:node_left"]).node);
    this.#users = kept(this.#users, this.#all());
  }

  forget(): void {
    this.ready = false;
    this.#nodes.clear();
    this.#users = kept(this.#users, []);
  }

  #state({ part, nodes, more }: PresencePayloads<M>["presence:state"]): void {
    if (part === 0) this.#nodes.clear();
    for (const { node, users } of nodes) this.#set(node, users);
    this.ready = !more;
  }

  #set(node: string, users: readonly Said<M>[]): void {
    const known = this.#nodes.get(node) ?? new Map<string, PresentUser<M>>();
    for (const { user_id, connections, metadata = [] } of users) {
      if (connections === 0) known.delete(user_id);
      else if (known.size < USERS || known.has(user_id)) known.set(user_id, { user_id, connections, metadata });
    }
    if (known.size === 0) this.#nodes.delete(node);
    else if (this.#nodes.size < NODES || this.#nodes.has(node)) this.#nodes.set(node, known);
  }

  #all(): PresentUser<M>[] {
    const all = new Map<string, PresentUser<M>>();
    for (const [, users] of [...this.#nodes].sort(([a], [b]) => inOrder(a, b))) {
      for (const user of users.values()) all.set(user.user_id, joined(all.get(user.user_id), user));
    }
    return [...all.values()].sort((a, b) => inOrder(a.user_id, b.user_id));
  }
}

function joined<M>(one: PresentUser<M> | undefined, other: PresentUser<M>): PresentUser<M> {
  if (!one) return other;
  const { user_id, connections, metadata } = one;
  return { user_id, connections: connections + other.connections, metadata: [...metadata, ...other.metadata] };
}

/** `now`, with the objects of `before` where they say the same, and `before` itself where all do. */
function kept<U extends PresentUser>(before: readonly U[], now: readonly U[]): readonly U[] {
  const known = new Map(before.map((user) => [user.user_id, user]));
  const users = now.map((user) => {
    const found = known.get(user.user_id);
    return found && JSON.stringify(found) === JSON.stringify(user) ? found : user;
  });
  return users.length === before.length && users.every((user, index) => user === before[index]) ? before : users;
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
