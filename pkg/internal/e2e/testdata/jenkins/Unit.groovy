// Usage: groovy -cp ... Unit.groovy JENKINSFILE TEMPLATES
//
// Runs a Jenkinsfile and the library with JenkinsPipelineUnit and Jenkins' CPS
// transformation, which refuses what cannot be suspended.
import com.lesfurets.jenkins.unit.cps.BasePipelineTestCPS
import static com.lesfurets.jenkins.unit.global.lib.LibraryConfiguration.library
import static com.lesfurets.jenkins.unit.global.lib.LocalSource.localSource

def (jenkinsfile, templates) = args as List

class Test extends BasePipelineTestCPS {
  String templates
  boolean declared // by @Library; a step "library" is none that is known here
  void setUp() {
    scriptRoots = [new File(templates).path, '']
    scriptExtension = ''
    super.setUp()
    def at = new File('library').absoluteFile
    at.mkdirs()
    java.nio.file.Files.createSymbolicLink(new File(at, 'kustoms@v1.0.0').toPath(), new File(templates).toPath())
    helper.registerSharedLibrary(library().name('kustoms').defaultVersion('v1.0.0').allowOverride(true).implicit(!declared)
      .targetPath(at.path).retriever(localSource(at.path)).build())
    def text = { String n -> new File("${templates}/resources/${n}").text }
    helper.registerAllowedMethod('library', [String], null)
    helper.registerAllowedMethod('timeout', [Map, Closure], { Map a, Closure b -> b() })
    helper.registerAllowedMethod('isUnix', [], { true })
    helper.registerAllowedMethod('libraryResource', [String], text)
    helper.registerAllowedMethod('writeFile', [Map], null)
    helper.registerAllowedMethod('readFile', [Map], { 'KUSTOMS_GATE=failed\nKUSTOMS_FINDINGS=3\nKUSTOMS_FAILING=1\n' })
    helper.registerAllowedMethod('withEnv', [List, Closure], { List v, Closure b -> b() })
    helper.registerAllowedMethod('withCredentials', [List, Closure], { List v, Closure b -> b() })
    helper.registerAllowedMethod('gitUsernamePassword', [Map], { it })
    helper.registerAllowedMethod('sh', [Map], { 1 })
    helper.registerAllowedMethod('checkout', [Object], null)
    helper.registerAllowedMethod('unstable', [String], { binding.getVariable('currentBuild').result = 'UNSTABLE' })
    helper.registerAllowedMethod('error', [String], { binding.getVariable('currentBuild').result = 'FAILURE' })
    for (name in ['junit', 'recordIssues', 'archiveArtifacts', 'sarif']) {
      helper.registerAllowedMethod(name, [Map], null)
    }
    helper.registerAllowedMethod('discoverGitReferenceBuild', [], null)
    // The words of a declarative pipeline, which nests closures.
    for (name in ['pipeline', 'options', 'triggers', 'stages', 'steps', 'agent']) {
      helper.registerAllowedMethod(name, [Closure], { Closure b -> b() })
    }
    for (name in ['label', 'cron']) {
      helper.registerAllowedMethod(name, [String], null)
    }
    helper.registerAllowedMethod('timeout', [Map], null)
    for (name in ['file', 'usernamePassword']) {
      helper.registerAllowedMethod(name, [Map], { it })
    }
    binding.setVariable('scm', [:])
    binding.setVariable('env', [CHANGE_TARGET: 'main', CHANGE_ID: '7'])
  }
}

def t = new Test(templates: templates, declared: new File(jenkinsfile).text.contains('@Library'))
t.setUp()
t.runScript(jenkinsfile)
t.printCallStack()
println("RESULT ${t.binding.getVariable('currentBuild').result}")
