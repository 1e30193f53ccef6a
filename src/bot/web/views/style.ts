/** What only the bot's pages have; the rest is the report's own style. */
export const PAGE_STYLE = `
.skip{position:absolute;left:-999px}.skip:focus{left:12px;top:8px;background:var(--card);padding:6px 10px;z-index:1}
.top{background:var(--card);border-bottom:1px solid var(--line)}
.top>div{max-width:1060px;margin:0 auto;padding:10px 20px;display:flex;flex-wrap:wrap;gap:6px 22px;align-items:center}
.brand{font-weight:700;color:var(--ink);text-decoration:none;letter-spacing:-.01em}
.top nav ul{display:flex;gap:4px;list-style:none;margin:0;padding:0}.top nav li{margin:0}
.top nav a{display:block;padding:6px 12px;border-radius:8px;color:var(--soft);text-decoration:none;font-weight:600;font-size:15px}
.top nav a:hover{text-decoration:underline}.top nav a[aria-current]{background:var(--page);color:var(--ink)}
.who{margin-left:auto;display:flex;gap:10px;align-items:center;color:var(--soft);font-size:14px}.who form{margin:0}
button,.button{font:inherit;font-weight:600;font-size:15px;border:1px solid var(--line);border-radius:8px;padding:7px 14px;background:var(--card);color:var(--ink);cursor:pointer;text-decoration:none;display:inline-block}
.primary{background:var(--ink);color:var(--card);border-color:var(--ink)}
button:hover,.button:hover{border-color:var(--soft)}
.filters{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:end;margin:0 0 16px}.filters label{display:block;color:var(--soft);font-size:13px;font-weight:600}
select{font:inherit;font-size:15px;display:block;margin-top:2px;padding:6px 8px;border:1px solid var(--line);border-radius:8px;background:var(--card);color:var(--ink);max-width:100%;min-width:140px}
.page>section>h1{margin-bottom:6px}.page>section>h1+p{margin-top:0}.page .footer{margin-bottom:18px}
.list code{white-space:nowrap}
.list a{font-weight:600;overflow-wrap:anywhere}.list td{vertical-align:top}.list time{white-space:nowrap}
.crumbs{margin:0 0 12px;font-size:14px;color:var(--soft);overflow-wrap:anywhere}
.empty{text-align:left;max-width:70ch}
.pager{display:flex;gap:10px;margin:14px 0 0}
.facts dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0}.facts dd{font-size:15px;font-weight:400}.facts dt{font-size:14px;padding-top:1px}
@media (max-width:640px){.top>div{padding:10px}.who{margin-left:0;width:100%;justify-content:space-between}.filters>*{flex:1 1 100%}select{width:100%}.facts dl{grid-template-columns:1fr}.facts dd{margin-bottom:6px}}
@media print{.top,.skip,.filters,.pager{display:none}}
`;
