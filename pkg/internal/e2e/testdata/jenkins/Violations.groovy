// Usage: groovy -cp ... Violations.groovy SARIF. Prints what the parser of
// Jenkins' Warnings plug-in reads: rule, file, line and severity.
import se.bjurr.violations.lib.ViolationsLogger
import se.bjurr.violations.lib.parsers.SarifParser
import java.util.logging.Level

def quiet = [log: { Object... a -> }] as ViolationsLogger
for (v in new SarifParser().parseReportOutput(new File(args[0]).text, quiet)) {
  println([v.rule, v.file, v.startLine, v.severity].join('\t'))
}
