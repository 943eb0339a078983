import { describe, expect, it } from "vitest";
import type { About } from "../api/types";
import { begin, secondWindow } from "./entry";

const DEMO: About = { demo: { manager: "m@example.com", staff: "s@example.com", password: "demo" } };

/** What was asked of the session. */
function session({ refuses = false } = {}) {
  const asked: string[] = [];
  return {
    asked,
    start: async () => void asked.push("start"),
    signIn: async (email: string, password: string) => {
      asked.push(`${email} ${password}`);
      if (refuses) throw new Error("No");
    },
  };
}

async function begun(about: About, hash: string, how = {}): Promise<string[]> {
  const { asked, ...fake } = session(how);
  await begin(fake, Promise.resolve(about), { hash });
  return asked;
}

describe("beginning a session", () => {
  it("signs in as whom the demo's address names", async () => {
    expect(await begun(DEMO, "#as-staff")).toEqual(["s@example.com demo"]);
    expect(await begun(DEMO, "#as-manager")).toEqual(["m@example.com demo"]);
  });

  it("takes up what the browser remembers otherwise", async () => {
    expect(await begun(DEMO, "")).toEqual(["start"]);
    expect(await begun(DEMO, "#elsewhere")).toEqual(["start"]);
    expect(await begun({ demo: null }, "#as-staff")).toEqual(["start"]);
    expect(await begun(DEMO, "#as-staff", { refuses: true })).toEqual(["s@example.com demo", "start"]);
  });
});

describe("the second window", () => {
  it("is the same server by its other name", () => {
    expect(secondWindow("http://127.0.0.1:8000/week?week=2026-11-23")).toBe("http://localhost:8000/#as-staff");
    expect(secondWindow("http://localhost:8000/")).toBe("http://127.0.0.1:8000/#as-staff");
  });

  it("is not to be had where the server is elsewhere", () => {
    expect(secondWindow("https://desk.example/")).toBeNull();
  });
});
