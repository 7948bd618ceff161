// An Apache of our own, on a free port, with the lines of docs/INTEGRATING.md in its configuration.

import { randomUUID } from "node:crypto";
import { chmod } from "node:fs/promises";
import type { Application, Examples } from "./clients.ts";
import type { Server } from "./server.ts";

// As Debian has them; `cargo xtask test` brings them.
const APACHE = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";

/** With a page for everyone, and one at `/members/` for those who are logged in; its text may have server-side includes. */
export async function startApache(examples: Examples, server: Server, app: Application, url: string, members: string): Promise<void> {
  const ours = await examples.write("latchkey.conf", {
    "https://accounts.example.com": server.url,
    "https://app.example.com": url,
    "CLIENT-ID": app.id,
    "CLIENT-SECRET": app.secret,
    "A-LONG-RANDOM-TEXT": randomUUID(),
  });
  await examples.put("site/index.html", "Everyone may read this");
  await examples.put("site/members/index.shtml", members);
  const conf = await examples.put("apache.conf", frame(examples.folder, new URL(url).port, ours));
  // Apache gives up the rights of root, and reads the pages without them.
  await chmod(examples.folder, 0o755);
  await examples.start([APACHE, "-D", "FOREGROUND", "-f", conf], {}, url);
}

/** What a machine has around the lines of the document. */
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
