// The conformance suite of the Model Context Protocol: its part on authorization servers.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { agree, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { signedUp } from "./people.ts";

const SUITE = join(import.meta.dirname, "../node_modules/@modelcontextprotocol/conformance/dist/index.js");
// It asks for Node 22 for the sake of one function, which this part of it doesn't call. Node 20 gets that name.
const WITH_GLOB = dataUrl('export * from "node:fs"; export const globSync = undefined;');
const HOOKS = dataUrl(
  `export const resolve = (name, context, next) => (name === "fs" ? { url: ${JSON.stringify(WITH_GLOB)}, shortCircuit: true } : next(name, context));`,
);
const ON_NODE_20 = dataUrl(`import { register } from "node:module"; register(${JSON.stringify(HOOKS)});`);

test("the conformance suite of MCP finds nothing wrong", async ({ page, server, appUrl, registered }) => {
  const app = await registered({ kind: "native", scopes: "account:read notes:read", redirects: `${appUrl}/callback` });
  await signedUp(page, "Bob");
  const flags = ["--url", server.url, "--client-id", app.id, "--port", new URL(appUrl).port, "--resource", `${server.url}/api/v1`];
  const suite = spawn(process.execPath, ["--import", ON_NODE_20, SUITE, "authorization", ...flags], { stdio: "pipe" });
  let said = "";
  const asks = new Promise<string>((resolve, reject) => {
    suite.once("exit", () => reject(new Error(said)));
    for (const stream of [suite.stdout, suite.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const [address] = /^http\S+\/oauth\/authorize\?\S+$/m.exec(said) ?? [];
        if (address && said.includes("Waiting")) resolve(address);
      });
    }
  });
  await page.goto(await asks);
  const ended = once(suite, "close");
  await agree(page);
  await expect(page.getByText("You can close this page")).toBeVisible();
  const [code] = await ended;
  expect(code, said).toBe(0);
  expect(said).toContain("authorization-server-metadata-endpoint");
  expect(said).not.toMatch(/FAIL|SKIP/);
});

function dataUrl(text: string): string {
  return `data:text/javascript,${encodeURIComponent(text)}`;
}
