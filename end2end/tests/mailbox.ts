// A real mail server of our own: it takes what the program sends, and can be told to misbehave.
//
//   test.use({ withMailbox: true });
//   test("...", async ({ mailbox }) => { const mail = await mailbox.next(person.email, /Confirm/); ... mail.link });

import { EventEmitter, once } from "node:events";
import type { AddressInfo, Server as TcpServer } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import { HANG_MS } from "./patience.ts";
import { type Env, freePort } from "./server.ts";

export const SENDER = "Latchkey Test <no-reply@latchkey.test>";

export type Mail = {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The address with a one-time token in it; empty where there is none. */
  link: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
};

export type Manner = "takes" | "refuses for now" | "refuses for good" | "hangs";

export class Mailbox {
  private server: SMTPServer | undefined;
  private readonly arrivals = new EventEmitter();
  private readonly kept: Mail[] = [];
  private manner: Manner = "takes";
  private tried = 0;
  private readonly unanswered = new Set<string>();
  private mostUnanswered = 0;

  private constructor(readonly port: number) {
    this.arrivals.setMaxListeners(100);
  }

  /** On a free port, which it keeps when it is stopped and started again. */
  static async start(): Promise<Mailbox> {
    const mailbox = new Mailbox(await freePort());
    await mailbox.start();
    return mailbox;
  }

  /** Settings for the server under test. */
  env(): Env {
    return { LATCHKEY_SMTP_URL: `smtp://127.0.0.1:${this.port}`, LATCHKEY_MAIL_FROM: SENDER };
  }

  async start(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      disableReverseLookup: true,
      // Who hangs here is let go when the test is over.
      closeTimeout: 100,
      onMailFrom: (_address, session, done) => this.answer(session, done),
      onClose: (session) => void this.unanswered.delete(session.id),
      onData: (stream, session, done) => void this.take(stream, session).then(() => done(), done),
    });
    // A client that goes in the middle is the client's business.
    server.on("error", () => {});
    const listening = server.listen(this.port, "127.0.0.1") as TcpServer;
    if (!listening.listening) await once(listening, "listening");
    if ((listening.address() as AddressInfo).port !== this.port) throw new Error("another port");
    this.server = server;
  }

  /** Nobody listens any more, as when a mail server is down. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server) await new Promise<void>((done) => server.close(done));
  }

  /** Listens and takes everything again, whatever a test did to it. */
  async recover(): Promise<void> {
    this.set("takes");
    if (!this.server) await this.start();
  }

  /** How it behaves from the next mail on. */
  set(manner: Manner): void {
    this.manner = manner;
  }

  /** Mails that somebody tried to hand over so far, refused ones included. */
  tries(): number {
    return this.tried;
  }

  /** How many tries have hung at the same time, at most. */
  mostAtOnce(): number {
    return this.mostUnanswered;
  }

  /** Waits until somebody has tried so many times. */
  async triedTimes(count: number): Promise<void> {
    await this.until(() => (this.tried >= count ? true : undefined), `${count} tries to send`);
  }

  /** The oldest mail to this address whose subject fits, once; waits for it. */
  next(to: string, subject = /(?:)/): Promise<Mail> {
    return this.until(() => {
      const place = this.kept.findIndex((mail) => mail.to === to && subject.test(mail.subject));
      return place < 0 ? undefined : this.kept.splice(place, 1)[0];
    }, `a mail to ${to} with a subject like ${subject}`);
  }

  /** Mails to this address that nobody has asked for yet. */
  waiting(to: string): Mail[] {
    return this.kept.filter((mail) => mail.to === to);
  }

  private answer(session: SMTPServerSession, done: (error?: Error) => void): void {
    this.tried += 1;
    if (this.manner === "hangs") this.unanswered.add(session.id);
    this.mostUnanswered = Math.max(this.mostUnanswered, this.unanswered.size);
    this.arrivals.emit("change");
    if (this.manner === "hangs") return;
    if (this.manner === "takes") return done();
    const code = this.manner === "refuses for now" ? 451 : 550;
    done(Object.assign(new Error("not from this test"), { responseCode: code }));
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> {
    const parsed = await simpleParser(stream);
    for (const { address } of session.envelope.rcptTo) this.kept.push(asMail(address, parsed));
    this.arrivals.emit("change");
  }

  /** What `find` finds, now or after one of the next arrivals. */
  private until<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const late = setTimeout(() => {
        end();
        const there = this.kept.map(({ to, subject }) => `${to}: ${subject}`).join("; ") || "nothing";
        reject(new Error(`waited ${HANG_MS} ms for ${what}; there is ${there}`));
      }, HANG_MS);
      const end = () => {
        clearTimeout(late);
        this.arrivals.off("change", look);
      };
      this.arrivals.on("change", look);
      look();
    });
  }
}

function asMail(to: string, parsed: ParsedMail): Mail {
  const text = parsed.text ?? "";
  return {
    to,
    subject: parsed.subject ?? "",
    text,
    html: parsed.html || "",
    link: /https?:\/\/\S+\?token=[\w-]+/.exec(text)?.[0] ?? "",
    headers: Object.fromEntries(parsed.headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).trim()])),
  };
}
