# Runs the checks of docs/windows-verification.md on real Windows. From the repository's root:
#   powershell -ExecutionPolicy Bypass -File docs\windows-verification.ps1
# Numbers are those of the table. Nothing is left behind but the folder that is named at the end.

$ErrorActionPreference = 'Stop'
$folder = Join-Path $env:TEMP ("director-verification-" + [Guid]::NewGuid().ToString('N').Substring(0, 8))
New-Item -ItemType Directory $folder | Out-Null
$failed = @()
$admin = ([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole('Administrators')

function Report([string]$step, [bool]$good, [string]$detail) {
    if ($good) { Write-Host "PASS $step" -ForegroundColor Green }
    else { Write-Host "FAIL $step : $detail" -ForegroundColor Red; $script:failed += $step }
}
function Skip([string]$step, [string]$why) { Write-Host "SKIP $step : $why" -ForegroundColor Yellow }
function Run([scriptblock]$block) {
    $previous = $ErrorActionPreference; $ErrorActionPreference = 'Continue'
    try { (& $block 2>&1 | Out-String) } finally { $ErrorActionPreference = $previous }
}

Write-Host "Building. Elevated: $admin"
cargo build -p director-testkit --bins
if ($LASTEXITCODE) { throw 'the build failed' }
cargo build -p director
if ($LASTEXITCODE) { throw 'the build failed' }
cargo build -p director-sys --example probe
if ($LASTEXITCODE) { throw 'the build failed' }
$target = (cargo metadata --no-deps --format-version 1 | ConvertFrom-Json).target_directory
$probe = Join-Path $target 'debug\examples\probe.exe'
$director = Join-Path $target 'debug\director.exe'

# 1, 2, 7, 11: the tests. Expected: ok, and nothing left out.
$tests = Run { cargo test -p director-sys -- --nocapture }
$tests | Set-Content (Join-Path $folder 'tests.log')
Report '1 tests' ($LASTEXITCODE -eq 0) "see $folder\tests.log"
$left = ($tests -split "`r?`n") | Where-Object { $_ -match '^skipped|was checked|^not kept here' }
Report '1 nothing left out' (-not $left) ($left -join '; ')

# 2: Ctrl-Break on a program without a handler. Expected: delivered, exit code 0xC000013A.
$text = Run { & $probe deliver break cmd.exe /c 'ping -n 60 127.0.0.1' }
Report '2 Ctrl-Break' ($text -match 'delivery Ok\(Delivered\)' -and $text -match '3221225786') $text

# 3: a program with a window and no console.
$text = Run { & $probe deliver c charmap.exe }
Report '3 no console' ($text -match 'delivery Err' -and $text -match 'no console') $text
$text = Run { & $probe deliver close charmap.exe }
Report '3 WM_CLOSE' ($text -match 'delivery Ok\(Delivered\)' -and $text -match 'ended by itself') $text

# 4: the clock is set ahead by a day and back. Expected: one name of the boot.
if ($admin) {
    $names = @(& $probe boot-id)
    Set-Date -Adjust (New-TimeSpan -Days 1) | Out-Null
    try { $names += & $probe boot-id } finally { Set-Date -Adjust (New-TimeSpan -Days -1) | Out-Null }
    $names += & $probe boot-id
    Report '4 boot name' (($names | Select-Object -Unique).Count -eq 1) ($names -join ' ')
    Write-Host "     Note this name and compare after a restart, by $probe boot-id : it must differ: $($names[0])"
} else { Skip '4 boot name' 'needs an elevated PowerShell' }

# 16: an alarm in an hour, and the clock is set ahead by an hour. Expected: it rings at once.
if ($admin) {
    $log = Join-Path $folder 'alarm.log'
    $alarm = Start-Process $probe -ArgumentList 'alarm 3600' -PassThru -WindowStyle Minimized -RedirectStandardOutput $log
    Start-Sleep -Seconds 2
    Set-Date -Adjust (New-TimeSpan -Hours 1) | Out-Null
    try { $rang = $alarm.WaitForExit(10000) } finally { Set-Date -Adjust (New-TimeSpan -Hours -1) | Out-Null }
    if (-not $rang) { Stop-Process -Id $alarm.Id -Force }
    Report '16 the alarm follows the clock' $rang 'it slept on after the clock was set'
} else { Skip '16 the alarm follows the clock' 'needs an elevated PowerShell' }

# 5: the console window is closed. Expected: reported, and two seconds granted.
$log = Join-Path $folder 'close.log'
Start-Process conhost.exe -ArgumentList "`"$probe`" watch `"$log`"" | Out-Null
for ($i = 0; $i -lt 50 -and -not (Test-Path $log); $i++) { Start-Sleep -Milliseconds 200 }
Start-Sleep -Seconds 1
$watcher = [int]((Get-Content $log | Select-Object -First 1) -replace '\D', '')

# 6: on the way, its modules. Expected: no user32.dll, neither here nor in the director.
$modules = (Get-Process -Id $watcher).Modules.ModuleName
Report '6 modules of the probe' (-not ($modules -contains 'user32.dll')) 'user32.dll is loaded'
Read-Host "5: a console window runs '$probe'. Close it by its cross, then press Enter here"
Start-Sleep -Seconds 3
$text = Get-Content $log -Raw
Report '5 console closed' ($text -match 'Shutdown' -and $text -match 'two seconds later') $text

$config = Join-Path $folder 'director.toml'
"[director]`nname = `"Verification`"`n[service.rogue]`ncommand = ['$(Join-Path $target 'debug\rogue.exe')', '--lifetime', '60']" | Set-Content $config
$run = Start-Process $director -ArgumentList "-c `"$config`" run" -PassThru -WindowStyle Minimized
Start-Sleep -Seconds 4
$modules = (Get-Process -Id $run.Id).Modules.ModuleName
Report '6 modules of the director' (-not ($modules -contains 'user32.dll')) 'user32.dll is loaded'
# The tree dies with the director, however it ends.
$before = @(Get-Process rogue -ErrorAction SilentlyContinue).Count
Stop-Process -Id $run.Id -Force
Start-Sleep -Seconds 1
$after = @(Get-Process rogue -ErrorAction SilentlyContinue).Count
Report 'tree dies with the director' ($before -ge 1 -and $after -eq 0) "$before before, $after after"

# 14: the watch, and what changes a running configuration.
foreach ($part in 'watch', 'reload', 'dependencies', 'schedule') {
    $tests = Run { cargo test -p director --test e2e $part }
    $tests | Set-Content (Join-Path $folder "e2e-$part.log")
    Report "14 $part" ($LASTEXITCODE -eq 0) "see $folder\e2e-$part.log"
}

# 17: limits. Expected: the system keeps all of them.
$config = Join-Path $folder 'limits.toml'
@"
[director]
name = "Limits"
[service.eater]
command = ['$(Join-Path $target 'debug\rogue.exe')', '--eat', '300']
limits = { memory = '150MiB' }
restart = { when = 'never' }
[service.spinner]
command = ['powershell.exe', '-NoProfile', '-Command', 'while (1) {}']
limits = { cpu = '25%', priority = 'below-normal', affinity = [0] }
"@ | Set-Content $config
$run = Start-Process $director -ArgumentList "-c `"$config`" run" -PassThru -WindowStyle Minimized
Start-Sleep -Seconds 5
$spinner = Get-Process -Id (Run { & $director -c $config status spinner --json } | ConvertFrom-Json).services[0].run.pid
$before = $spinner.TotalProcessorTime.TotalSeconds
Start-Sleep -Seconds 10
$spinner.Refresh()
$share = ($spinner.TotalProcessorTime.TotalSeconds - $before) / 10
Report '17 processor time' ($share -gt 0.1 -and $share -lt 0.35) "$share of a processor instead of 0.25"
Report '17 priority' ($spinner.PriorityClass -eq 'BelowNormal') "$($spinner.PriorityClass)"
Report '17 processors' ([int]$spinner.ProcessorAffinity -eq 1) "$($spinner.ProcessorAffinity)"
$text = Run { & $director -c $config events --json }
Report '17 memory' ($text -match '"event":"process-exited"' -and $text -notmatch 'memory-exceeded') $text
Report '17 nothing is said' ($text -notmatch 'limit-not-enforced') $text
Run { & $director -c $config shutdown } | Out-Null

# 15: files on a share, here the administrators' share of the drive. Expected: said, and a change is seen all the same.
if ($admin) {
    $shared = Join-Path $folder 'shared'
    New-Item -ItemType Directory $shared | Out-Null
    $share = '\\localhost\' + $shared.Replace(':', '$')
    $config = Join-Path $shared 'director.toml'
    "[director]`nname = `"Share`"`n[service.rogue]`ncommand = ['$(Join-Path $target 'debug\rogue.exe')', '--lifetime', '120']`nwatch = { enabled = true, paths = ['$share'], debounce = '500ms' }" | Set-Content $config
    $run = Start-Process $director -ArgumentList "-c `"$config`" run" -PassThru -WindowStyle Minimized
    Start-Sleep -Seconds 6
    'changed' | Set-Content (Join-Path $shared 'main.py')
    $text = ''
    for ($i = 0; $i -lt 20 -and $text -notmatch 'files-changed'; $i++) {
        Start-Sleep -Seconds 1
        $text = Run { & $director -c $config events rogue --json }
    }
    Report '15 a share is recognised' ($text -match 'watch-trouble') $text
    Report '15 a change on it is seen' ($text -match 'files-changed') $text
    Run { & $director -c $config shutdown } | Out-Null
} else { Skip '15 files on a share' 'needs an elevated PowerShell' }

# 9: inside the job of Task Scheduler.
if ($admin) {
    $name = 'DirectorVerification'
    $log = Join-Path $folder 'task.log'
    $exe = Get-ChildItem (Join-Path $target 'debug\deps\contract-*.exe') | Sort-Object LastWriteTime | Select-Object -Last 1
    $action = New-ScheduledTaskAction -Execute 'cmd.exe' -Argument "/c `"`"$($exe.FullName)`" > `"$log`" 2>&1`"" -WorkingDirectory (Join-Path (Get-Location) 'crates\director-sys')
    Register-ScheduledTask -TaskName $name -Action $action -User 'SYSTEM' -Force | Out-Null
    try {
        Start-ScheduledTask -TaskName $name
        for ($i = 0; $i -lt 120; $i++) {
            Start-Sleep -Seconds 2
            if ((Get-ScheduledTask -TaskName $name).State -ne 'Running' -and $i -gt 2) { break }
        }
    } finally { Unregister-ScheduledTask -TaskName $name -Confirm:$false }
    $text = if (Test-Path $log) { Get-Content $log -Raw } else { 'no log' }
    Report '9 under Task Scheduler' ($text -match 'test result: ok') "see $log"
} else { Skip '9 under Task Scheduler' 'needs an elevated PowerShell' }

Write-Host @"

By hand:
 5  Sign out (and once: shut down) while '$probe watch $folder\signout.log' runs in a console. Then the file has both lines.
 8  As a second, ordinary user: '$director -c <config> status' of the first user's director. Expected: refused, exit code 5.
10  Compare 'director status' with Task Manager for a service that holds 200 MB (rogue --eat 200).
12  A service that starts a program by runas: 'director stop' leaves nothing.
13  A crash loop for an hour with Defender on: no error about runs\ in director.log.

Logs: $folder
"@
if ($failed) { Write-Host "Failed: $($failed -join ', ')" -ForegroundColor Red; exit 1 }
Write-Host 'All automatic checks passed.' -ForegroundColor Green
