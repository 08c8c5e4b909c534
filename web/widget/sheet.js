// The panel's looks. A constructed style sheet needs no permission of the page's Content-Security-Policy (CSSOM, `replaceSync`).

export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --surface: #fff; --raised: #f2f4f5; --hover: #e6eaec; --line: #dde2e5; --ink: #14191d; --soft: #55606a; --notice: #7a4b00; --notice-surface: #fff4de;
  --tint: color-mix(in srgb, var(--accent, #0f6b5c) 12%, var(--surface)); --danger: #c0272d; --danger-hover: #a51e24;
}
:host([theme="dark"]) {
  --surface: #171c20; --raised: #242b30; --hover: #2f383e; --line: #333c43; --ink: #f1f4f6; --soft: #a9b4bd; --notice: #ffd58a; --notice-surface: #3a2f18;
  --tint: color-mix(in srgb, var(--accent, #0f6b5c) 38%, var(--surface)); --danger: #cf3238; --danger-hover: #b8282e;
  color-scheme: dark;
}
:host([theme="light"]) { color-scheme: light; }
@media (prefers-color-scheme: dark) {
  :host(:not([theme])) {
    --surface: #171c20; --raised: #242b30; --hover: #2f383e; --line: #333c43; --ink: #f1f4f6; --soft: #a9b4bd; --notice: #ffd58a; --notice-surface: #3a2f18;
    --tint: color-mix(in srgb, var(--accent, #0f6b5c) 38%, var(--surface)); --danger: #cf3238; --danger-hover: #b8282e;
  }
}
[hidden] { display: none !important; }
* { box-sizing: border-box; margin: 0; }
.panel {
  display: flex; flex-direction: column; width: 336px; max-width: calc(100vw - 32px); min-height: 408px; max-height: calc(100vh - 32px); overflow: auto;
  margin: 0 max(20px, env(safe-area-inset-right)) max(20px, env(safe-area-inset-bottom)) max(20px, env(safe-area-inset-left));
  color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 20px; outline: none;
  box-shadow: 0 2px 6px rgb(15 23 28 / .08), 0 18px 56px rgb(15 23 28 / .22); animation: rise .22s cubic-bezier(.2, .8, .2, 1);
}
@supports (max-height: 100dvh) { .panel { max-height: calc(100dvh - 32px); } }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
header { display: flex; align-items: center; gap: 2px; padding: 10px 10px 0 20px; min-height: 50px; }
h1, h2 { flex: 1; overflow: hidden; font-size: 15px; font-weight: 600; text-overflow: ellipsis; white-space: nowrap; }
button { font: inherit; color: inherit; border: 1px solid transparent; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
button:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
svg { display: block; width: 24px; height: 24px; fill: currentColor; }
svg.outline { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.quiet { display: grid; place-items: center; width: 40px; height: 40px; padding: 0; color: var(--soft); background: none; border-radius: 12px; }
.quiet:hover { color: var(--ink); background: var(--raised); }
.quiet svg { width: 20px; height: 20px; }

.stage { flex: 1; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 6px; padding: 12px 24px; text-align: center; }
.emblem { position: relative; display: grid; place-items: center; width: 88px; height: 88px; margin-bottom: 16px; border-radius: 50%; background: var(--tint);
  font-size: 34px; font-weight: 500; }
.emblem svg { width: 36px; height: 36px; }
.emblem[data-look="quiet"] { color: var(--soft); background: var(--raised); }
.emblem::before, .emblem::after { position: absolute; inset: 0; border-radius: 50%; pointer-events: none; }
.emblem[data-look="ring"]::before, .emblem[data-look="ring"]::after { content: "";
  border: 2px solid color-mix(in srgb, var(--accent, #0f6b5c) 45%, var(--surface)); animation: ring 2s ease-out infinite; }
.emblem[data-look="ring"]::after { animation-delay: 1s; }
@keyframes ring { from { transform: scale(1); opacity: 1; } to { transform: scale(1.55); opacity: 0; } }
.emblem[data-look="wait"]::before { content: ""; inset: -5px; border: 2px solid var(--tint); border-top-color: var(--ink); animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(1turn); } }
.title { font-size: 19px; font-weight: 600; line-height: 1.3; overflow-wrap: anywhere; text-wrap: balance; }
.timer { font-size: 17px; color: var(--soft); font-variant-numeric: tabular-nums; }
.note { color: var(--soft); max-width: 30em; text-wrap: pretty; }
.notice { margin-top: 10px; padding: 8px 14px; font-size: 14px; color: var(--notice); background: var(--notice-surface); border-radius: 12px; }

.keypad { display: grid; grid-template-columns: repeat(3, 72px); justify-content: center; gap: 8px; padding: 0 24px 16px; }
.digits { grid-column: 1 / -1; min-height: 28px; overflow: hidden; font-size: 20px; letter-spacing: 3px; text-align: center; direction: rtl;
  unicode-bidi: plaintext; font-variant-numeric: tabular-nums; white-space: nowrap; }
.key { height: 48px; padding: 0; font-size: 20px; background: var(--raised); border-radius: 14px; }
.key:hover { background: var(--hover); }
.key:active { background: var(--tint); }
.is-dialling .emblem { width: 48px; height: 48px; margin-bottom: 4px; font-size: 20px; }
.is-dialling .emblem svg { width: 22px; height: 22px; }
.is-dialling .stage { padding-block: 0 10px; gap: 2px; }

.controls { display: flex; justify-content: center; gap: 22px; padding: 8px 20px 24px; }
.control { display: flex; flex-direction: column; align-items: center; gap: 7px; min-width: 76px; padding: 2px; font-size: 13px;
  color: var(--soft); background: none; border-radius: 16px; }
.control .disc { position: relative; display: grid; place-items: center; width: 56px; height: 56px; color: var(--ink);
  background: var(--raised); border: 1px solid transparent; border-radius: 50%;
  box-shadow: 0 0 0 calc(var(--level, 0) * 9px) var(--tint); transition: background .12s, box-shadow .1s linear; }
.control:hover .disc { background: var(--hover); }
.control[aria-pressed="true"] .disc, .control[aria-expanded="true"] .disc { color: var(--surface); background: var(--ink); }
.control.hang-up .disc { color: #fff; background: var(--danger); }
.control.hang-up:hover .disc { background: var(--danger-hover); }
.wide { display: flex; align-items: center; gap: 10px; min-height: 48px; padding: 0 24px 0 20px; font-weight: 600;
  color: var(--on-accent, #fff); background: var(--accent, #0f6b5c); border-radius: 24px; }
.wide:hover { filter: brightness(1.08); }
.wide svg { width: 20px; height: 20px; }
.announcement { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.panel.is-page { width: 100%; max-width: none; min-height: 100%; max-height: none; margin: 0; border: 0; border-radius: 0; box-shadow: none; animation: none; }
@media (max-width: 480px) {
  .panel:not(.is-page) { width: 100vw; max-width: none; min-height: 392px; margin: 0; padding-bottom: env(safe-area-inset-bottom);
    border-width: 1px 0 0; border-radius: 20px 20px 0 0;
    max-height: 92vh; }
}
@media (prefers-reduced-motion: reduce) {
  .panel, .emblem::before, .emblem::after { animation: none !important; }
  .control .disc { transition: none; }
}
@media (forced-colors: active) {
  .panel, .key, .disc, .wide, .launcher { border: 1px solid ButtonBorder; }
}
@media print { .panel { display: none; } }
`);
