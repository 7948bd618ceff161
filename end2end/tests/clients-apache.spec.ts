// Apache with mod_auth_openidc, as the document configures it: a folder for those who are logged in.

import { startApache } from "./apache.ts";
import { agree, confirmLogout, test } from "./clients.ts";
import { expect } from "./fixtures.ts";
import { enterAndLogIn, signedUp } from "./people.ts";

test("Apache lets in who is logged in, and logs them out", async ({ page, server, appUrl, registered, examples }) => {
  const app = await registered({ kind: "web", scopes: "openid profile email", redirects: `${appUrl}/members/back`, logouts: `${appUrl}/` });
  // What it knows of a user is in the environment of what it runs; here a page says it.
  const members = 'Members only: <!--#echo var="REMOTE_USER" -->, <!--#echo var="OIDC_CLAIM_name" -->';
  await startApache(examples, server, app, appUrl, members);
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
