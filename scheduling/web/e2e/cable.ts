import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A network cable to the server that can be pulled or made slow. Pulled: every connection through it breaks, and no new one is made. */
export class Cable {
  readonly #listener: Server;
  readonly #sockets = new Set<Socket>();
  #target: number;
  #pulled = false;
  #delay = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#listener = createServer((near) => {
      if (this.#pulled) return void near.destroy();
      const far = connect(this.#target, "127.0.0.1");
      for (const [socket, other] of [[near, far] as const, [far, near] as const]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        socket.on("data", (chunk) => this.#carry(chunk, socket, other));
      }
    });
  }

  static async to(url: string): Promise<Cable> {
    const cable = new Cable(Number(new URL(url).port));
    await new Promise<void>((resolve) => cable.#listener.listen(0, "127.0.0.1", resolve));
    return cable;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Each piece of data takes so many milliseconds more, and the next one waits for it. */
  slow(milliseconds: number): void {
    this.#delay = milliseconds;
  }

  #carry(chunk: Buffer, from: Socket, to: Socket): void {
    if (this.#delay === 0) {
      if (!to.write(chunk)) {
        from.pause();
        to.once("drain", () => from.resume());
      }
      return;
    }
    from.pause();
    setTimeout(() => {
      if (!to.destroyed) to.write(chunk);
      from.resume();
    }, this.#delay);
  }

  pull(): void {
    this.#pulled = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Makes connections possible again, at full speed, perhaps to another server. */
  plug(url?: string): void {
    if (url) this.#target = Number(new URL(url).port);
    this.#pulled = false;
    this.#delay = 0;
  }

  close(): void {
    this.pull();
    this.#listener.close();
  }
}
