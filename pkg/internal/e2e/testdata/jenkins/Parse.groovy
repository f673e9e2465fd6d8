// Usage: groovy Parse.groovy FILE... Each must parse at Jenkins' language level.
import org.codehaus.groovy.control.CompilationUnit
import org.codehaus.groovy.control.Phases

for (name in args) {
  def unit = new CompilationUnit()
  unit.addSource(new File(name))
  unit.compile(Phases.CONVERSION)
  println("parsed ${name}")
}
