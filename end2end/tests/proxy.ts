// A wire that can be cut and frozen, between a server and its database.

import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";
import { freePort } from "./server.ts";

type Link = { near: Socket; far: Socket };

export class Proxy {
  private readonly links = new Set<Link>();
  private listener: Server | undefined;
  private frozen = false;

  private constructor(
    readonly port: number,
    private readonly target: { host: string; port: number },
  ) {}

  /** A wire to the server that `url` names. */
  static async to(url: string): Promise<Proxy> {
    const { hostname, port } = new URL(url);
    const proxy = new Proxy(await freePort(), { host: hostname, port: Number(port || 5432) });
    await proxy.admit();
    return proxy;
  }

  /** The same address, through this wire. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = "127.0.0.1";
    changed.port = String(this.port);
    return changed.href;
  }

  /** New connections are let in (again). */
  async admit(): Promise<void> {
    this.listener = createServer((near) => this.join(near)).listen(this.port, "127.0.0.1");
    await once(this.listener, "listening");
  }

  /** New connections are refused; those that are there go on. */
  refuse(): void {
    this.listener?.close();
  }

  /** The database has stopped: everything is cut and refused, until [`admit`]. */
  cut(): void {
    this.refuse();
    for (const { near, far } of this.links) {
      near.destroy();
      far.destroy();
    }
  }

  /** Not a byte passes, and nobody is told. New connections are accepted and as silent. */
  freeze(): void {
    this.frozen = true;
    for (const link of this.links) still(link);
  }

  thaw(): void {
    this.frozen = false;
    for (const link of this.links) flow(link);
  }

  private join(near: Socket): void {
    const link = { near, far: connect(this.target) };
    this.links.add(link);
    for (const [one, other] of [[link.near, link.far], [link.far, link.near]] as const) {
      // Nagle's algorithm would be measured, too.
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        this.links.delete(link);
      });
    }
    if (this.frozen) still(link);
    else flow(link);
  }
}

function flow({ near, far }: Link): void {
  near.pipe(far);
  far.pipe(near);
}

function still({ near, far }: Link): void {
  near.unpipe(far).pause();
  far.unpipe(near).pause();
}
