"""The page's one style sheet. Every rule stands below `.jw`, for the page is a guest in a dashboard."""

from typing import Final

# Text on its ground has a contrast of at least 4.5 to 1 in both themes; a test computes it in a browser.
_LIGHT: Final = """
--ground:#fff;--raised:#f6f8fa;--text:#16191f;--muted:#57606a;--rule:#e1e5ea;--accent:#0b5cad;
--critical:#b3121d;--critical-ground:#fdeced;--warning:#8a5300;--warning-ground:#fff4dd;
--good:#1a6b35;--good-ground:#e9f6ec;
--scheduled:#57606a;--running:#1f6feb;--paused:#b26a00;--completed:#3d9155;--cancelled:#cf222e;--failed:#8f1d3a;
--unknown:#8250df;
"""
_DARK: Final = """
--ground:#0f1b2a;--raised:#172638;--text:#e8ecf1;--muted:#a4b0be;--rule:#2a3a4d;--accent:#6cb6ff;
--critical:#ff938c;--critical-ground:#3d1d22;--warning:#ffc65c;--warning-ground:#382b12;
--good:#7ee2a0;--good-ground:#143325;
--scheduled:#8b98a8;--running:#4c9aff;--paused:#e0a030;--completed:#3f9d5c;--cancelled:#ff6a64;--failed:#ff7da0;
--unknown:#b794f6;
"""
_RULES: Final = """
.jw{container-type:inline-size;background:var(--ground);color:var(--text);
font:14px/1.45 "Amazon Ember","Helvetica Neue",Roboto,Arial,sans-serif;font-variant-numeric:tabular-nums;
padding:12px 16px;box-sizing:border-box;text-align:left}
.jw *{box-sizing:border-box}
.jw h2,.jw h3,.jw p,.jw ul,.jw ol{margin:0;padding:0;font-size:inherit;font-weight:inherit;color:inherit}
.jw ul,.jw ol{list-style:none}
.jw a{color:var(--accent);text-decoration:none}
.jw a:hover,.jw .jw-link:hover{text-decoration:underline}
.jw :focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.jw time{white-space:nowrap;color:inherit}
.jw .jw-muted{color:var(--muted)}
.jw .s-SCHEDULED{--s:var(--scheduled)}.jw .s-RUNNING{--s:var(--running)}.jw .s-PAUSED{--s:var(--paused)}
.jw .s-COMPLETED{--s:var(--completed)}.jw .s-CANCELLED{--s:var(--cancelled)}.jw .s-FAILED{--s:var(--failed)}
.jw .s-UNKNOWN{--s:var(--unknown)}

.jw-head{display:flex;flex-wrap:wrap;gap:8px 28px;align-items:center;padding:10px 14px;border-radius:8px;
border-left:5px solid var(--tone);background:var(--tone-ground)}
.jw .jw-head h2{font-size:20px;line-height:1.3;font-weight:700;color:var(--tone)}
.jw-critical{--tone:var(--critical);--tone-ground:var(--critical-ground)}
.jw-warning{--tone:var(--warning);--tone-ground:var(--warning-ground)}
.jw-good{--tone:var(--good);--tone-ground:var(--good-ground)}
.jw-info,.jw-none{--tone:var(--muted);--tone-ground:var(--raised)}
.jw-verdict{flex:1 1 240px}
.jw .jw-stats{display:flex;flex-wrap:wrap;gap:4px 22px}
.jw-stats li{display:flex;flex-direction:column;align-items:flex-end;line-height:1.25}
.jw-stats b{font-size:18px;font-weight:600}

.jw-columns{display:grid;gap:0 28px;grid-template-columns:minmax(0,1fr)}
.jw-columns section{min-width:0}
.jw h3{margin:16px 0 4px;font-size:12px;font-weight:700;letter-spacing:.04em;text-transform:uppercase;
color:var(--muted)}
.jw-list li{display:grid;grid-template-columns:8.4em minmax(0,1fr) auto;gap:2px 10px;align-items:baseline;padding:5px 0;
border-bottom:1px solid var(--rule)}
.jw-list li:last-child{border-bottom:0}
.jw-list span{min-width:0;overflow-wrap:anywhere}
.jw .jw-badge{justify-self:start;padding:0 7px;border-radius:4px;font-size:11px;line-height:18px;font-weight:700;
letter-spacing:.03em;color:var(--tone);background:var(--tone-ground);white-space:nowrap}
.jw .jw-held{white-space:normal;overflow-wrap:anywhere}

.jw-filters{display:flex;flex-wrap:wrap;gap:8px 10px;align-items:center;margin:16px 0 6px;padding:8px 10px;
border-radius:8px;background:var(--raised)}
.jw-filters label{display:inline-flex;gap:6px;align-items:center;min-width:0;color:var(--muted)}
.jw-filters input:not([type]),.jw-filters select{height:30px;max-width:190px;padding:0 8px;
border:1px solid var(--muted);border-radius:6px;background:var(--ground);color:var(--text);font:inherit}
.jw-filters input:not([type]){width:150px}
.jw ::placeholder{color:var(--muted);opacity:1}
.jw .jw-apply{height:30px;padding:0 14px;border:1px solid var(--accent);border-radius:6px;background:var(--accent);
color:var(--ground);font:inherit;font-weight:700;cursor:pointer}
.jw .jw-link{padding:0;border:0;background:none;color:var(--accent);font:inherit;cursor:pointer}

.jw table{width:100%;border-collapse:collapse;table-layout:fixed}
.jw th{padding:4px 12px 4px 0;border-bottom:1px solid var(--muted);font-size:12px;font-weight:600;color:var(--muted);
text-align:left}
.jw td{padding:6px 12px 6px 0;border-bottom:1px solid var(--rule);vertical-align:middle;overflow-wrap:anywhere}
.jw tr.jw-critical td:first-child,.jw tr.jw-warning td:first-child{box-shadow:inset 4px 0 var(--tone)}
.jw td:first-child,.jw th:first-child{padding-left:12px}
.jw tr.jw-pair th{grid-column:1/-1;overflow-wrap:anywhere}
.jw tr.jw-paired td:first-child{padding-left:28px}
.jw .jw-name{width:30%}.jw .jw-live{width:22%}
.jw .jw-last{width:10em;text-align:right;padding-right:4px;white-space:nowrap}
.jw-list a,.jw-list b,.jw td.jw-name a,.jw td.jw-name b{font-weight:600}
.jw td.jw-name .jw-badge{margin-left:6px}
.jw small{display:block;font-size:12px;color:var(--muted)}
.jw .jw-chips{display:flex;flex-direction:column;gap:1px}
.jw-chip{display:grid;grid-template-columns:10px 6.6em 1fr;gap:7px;align-items:center;font-size:13px}
.jw-chip::before{content:"";width:10px;height:10px;border-radius:3px;background:var(--s)}
.jw-chip.s-SCHEDULED::before,.jw-chip.s-PAUSED::before{background:none;box-shadow:inset 0 0 0 2px var(--s)}
.jw-axis{display:flex;justify-content:space-between}
.jw .jw-line{display:block;width:100%;height:30px;border-radius:3px;
background:repeating-linear-gradient(to right,var(--rule) 0 1px,transparent 1px 25%) var(--raised)}
.jw-line rect{fill:var(--s);rx:2px}
.jw-line rect:hover{opacity:.7}
.jw-line .s-SCHEDULED,.jw-line .s-PAUSED{fill-opacity:.3;stroke:var(--s);stroke-width:1.5px;
vector-effect:non-scaling-stroke}
.jw-empty{padding:20px 12px;color:var(--muted)}
.jw-pages{display:flex;gap:16px;align-items:center;padding:10px 0 0}
.jw .jw-more{padding:5px 0;color:var(--muted)}
.jw-late{color:var(--critical);font-weight:700}
.jw-foot{display:flex;flex-wrap:wrap;gap:2px 22px;margin-top:14px;padding-top:8px;border-top:1px solid var(--rule);
overflow-wrap:anywhere;font-size:12px;color:var(--muted)}
.jw-legend{display:flex;flex-wrap:wrap;gap:2px 14px}
.jw-legend .jw-chip{display:inline-flex;gap:5px;font-size:12px}

@container (min-width:1100px){.jw-columns.jw-both{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}}
@container (max-width:680px){
.jw-head{padding:10px 12px}
.jw .jw-stats{width:100%;justify-content:space-between;gap:4px 12px}
.jw-stats li{align-items:flex-start}
.jw-list li{grid-template-columns:minmax(0,1fr) auto}
.jw-list li>span:nth-child(2){grid-column:1/-1;grid-row:2}
.jw-filters{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);align-items:end}
.jw-filters label{display:block;font-size:12px}
.jw-filters input:not([type]),.jw-filters select{display:block;width:100%;max-width:none;font-size:14px}
.jw thead{display:none}
.jw table,.jw tbody{display:block}
.jw tr{display:grid;grid-template-columns:minmax(0,1fr) auto;padding:8px 0;border-bottom:1px solid var(--rule)}
.jw tr.jw-critical,.jw tr.jw-warning{box-shadow:inset 4px 0 var(--tone)}
.jw tr.jw-critical td:first-child,.jw tr.jw-warning td:first-child{box-shadow:none}
.jw td{display:block;padding:2px 0 2px 12px;border:0}
.jw .jw-name,.jw td:nth-child(3){grid-column:1/-1}
.jw .jw-name,.jw .jw-live,.jw .jw-last{width:auto}
.jw .jw-last{grid-column:2;grid-row:2;font-size:13px;color:var(--muted)}
.jw .jw-nothing{display:none}}
"""


def _theme(selector: str, values: str) -> str:
    return f"{selector}{{{values}}}"


STYLE: Final = "".join(
    (
        _theme(".jw", f"color-scheme:light;{_LIGHT}"),
        _theme(".jw-dark", f"color-scheme:dark;{_DARK}"),
        "@media (prefers-color-scheme:dark){",
        _theme(".jw-auto", f"color-scheme:dark;{_DARK}"),
        "}",
        _RULES,
    )
).replace("\n", "")
