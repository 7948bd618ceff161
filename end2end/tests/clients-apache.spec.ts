// Apache with mod_auth_openidc, as the document configures it: a folder for those who are logged in.

import { randomUUID } from "node:crypto";
import { chmod } from "node:fs/promises";
import { agree, confirmLogout, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { enterAndLogIn, signedUp } from "./people.ts";

// As Debian has them; `cargo xtask test` brings them.
const APACHE = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";

test("Apache lets in who is logged in, and logs them out", async ({ page, server, appUrl, registered, examples }) => {
  const app = await registered({ kind: "web", scopes: "openid profile email", redirects: `${appUrl}/members/back`, logouts: `${appUrl}/` });
  const ours = await examples.write("latchkey.conf", {
    "https://accounts.example.com": server.url,
    "https://app.example.com": appUrl,
    "CLIENT-ID": app.id,
    "CLIENT-SECRET": app.secret,
    "A-LONG-RANDOM-TEXT": randomUUID(),
  });
  await examples.put("site/index.html", "Everyone may read this");
  // What it knows of a user is in the environment of what it runs; here a page says it.
  await examples.put("site/members/index.shtml", 'Members only: <!--#echo var="REMOTE_USER" -->, <!--#echo var="OIDC_CLAIM_name" -->');
  const conf = await examples.put("apache.conf", frame(examples.folder, new URL(appUrl).port, ours));
  // Apache gives up the rights of root, and reads the pages without them.
  await chmod(examples.folder, 0o755);
  await examples.start([APACHE, "-D", "FOREGROUND", "-f", conf], {}, appUrl);
  const bob = await signedUp(page, "Bob");
  await page.context().clearCookies();

  await page.goto(appUrl);
  await expect(page.getByText("Everyone may read this")).toBeVisible();
  await page.goto(`${appUrl}/members/`);
  await enterAndLogIn(page, bob);
  await agree(page);
  await expect(page).toHaveURL(`${appUrl}/members/`);
  await expect(page.getByText(`Members only: ${bob.email}, ${bob.name}`)).toBeVisible();

  await page.goto(`${appUrl}/members/back?logout=${encodeURIComponent(`${appUrl}/`)}`);
  await confirmLogout(page);
  await expect(page.getByText("Everyone may read this")).toBeVisible();
  await page.goto(`${appUrl}/members/`);
  await expect(page).toHaveURL((url) => url.origin === server.url && url.pathname === "/login");
});

function frame(folder: string, port: string, ours: string): string {
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir", "include", "mime"];
  const loaded = modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`);
  return `
    ServerRoot ${folder}
    DefaultRuntimeDir ${folder}
    PidFile ${folder}/apache.pid
    ServerName 127.0.0.1
    Listen 127.0.0.1:${port}
    ${loaded.join("\n    ")}
    ErrorLog "|/bin/cat"
    ${process.getuid?.() === 0 ? "User www-data\n    Group www-data" : ""}
    TypesConfig /dev/null
    AddType text/html .html .shtml
    AddOutputFilter INCLUDES .shtml
    DocumentRoot ${folder}/site
    DirectoryIndex index.html index.shtml
    <Directory ${folder}/site>
        Options +Includes
        Require all granted
    </Directory>
    Include ${ours}
  `;
}
