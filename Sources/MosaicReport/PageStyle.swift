/// The style sheet of the report's page.
enum PageStyle {
  static var rules: String {
    """
    :root{color-scheme:light dark;\(variables(\.light))}
    @media (prefers-color-scheme: dark){:root{\(variables(\.dark))}}
    @media print{:root{color-scheme:light;\(variables(\.light))}}
    \(layout)
    \(ChartStyle.rules { "var(--\($0.name))" })
    """
  }

  private static func variables(_ value: (Palette.Colour) -> String) -> String {
    Palette.colours.map { "--\($0.name):\(value($0))" }.joined(separator: ";")
  }

  private static let layout = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 \(ChartStyle.fonts);
    -webkit-text-size-adjust:100%;overflow-wrap:break-word}
    header,main,footer{max-width:908px;margin:0 auto;padding:0 24px}
    header{padding-top:40px}
    footer{padding-top:8px;padding-bottom:40px;color:var(--muted);font-size:13px}
    h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
    h2{font-size:19px;line-height:1.3;margin:0 0 4px}
    p{margin:0 0 10px;max-width:72ch}
    section{margin:44px 0 0}
    .facts,.how,figcaption{color:var(--muted);font-size:14px}
    .facts,.how{max-width:84ch}
    .how{margin-bottom:16px}
    .more{margin:20px 0 0}
    section>div+div{margin-top:28px}
    .warning{border-left:3px solid var(--warning);padding:2px 0 2px 12px;margin:12px 0}
    .warning strong{color:var(--warning)}
    .outcome{margin:20px 0 0;font-size:17px;max-width:68ch}
    dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(110px,1fr));gap:20px 24px;
    margin:28px 0 0;padding:18px 0;border-top:1px solid var(--rule);
    border-bottom:1px solid var(--rule)}
    dl div{display:flex;flex-direction:column}
    dt{order:1;font-size:13px;line-height:1.35}
    dd{margin:0;font-size:24px;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums}
    dd.note{order:2;font-size:13px;line-height:1.35;font-weight:400;color:var(--muted)}
    svg.chart{display:block;width:100%;height:auto}
    .narrow{display:none}
    .grids{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:16px}
    .grids figure{margin:0}
    .grids img{display:block;width:100%;height:auto;image-rendering:pixelated;
    border:1px solid var(--rule)}
    figcaption{margin-top:6px}
    h3{font-size:14px;margin:0 0 4px}
    .tables h2{margin-bottom:16px}
    .scroll{overflow-x:auto}
    .scroll:focus-visible{outline:2px solid var(--series0);outline-offset:2px}
    table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
    th,td{padding:4px 14px 4px 0;text-align:right;vertical-align:top;white-space:nowrap;
    border-bottom:1px solid var(--rule)}
    thead th{color:var(--muted);font-weight:400;vertical-align:bottom;white-space:normal;
    min-width:70px}
    tbody th{font-weight:400}
    th:first-child{text-align:left;padding-left:0}
    @media (max-width:640px){header,main,footer{padding-left:16px;padding-right:16px}
    header{padding-top:24px}h1{font-size:23px}section{margin-top:36px}
    .outcome{font-size:16px}dl{grid-template-columns:1fr 1fr}
    .wide{display:none}.narrow{display:block}}
    @media print{body{font-size:11pt}section,figure,svg.chart{break-inside:avoid}
    .tables{break-inside:auto}.scroll{overflow:visible}table{font-size:7pt}
    .wide{display:block}.narrow{display:none}
    th,td{white-space:normal;padding-right:8px}thead th{min-width:0}}
    """
}
