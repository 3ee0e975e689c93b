using IpswDiff.Forge;

namespace IpswDiff.EndToEnd;

/// <summary>Shared caches on the command line.</summary>
public sealed class SharedCacheTests
{
    // Both outputs were held once against the bytes of the files, field by field, by a script of its own.
    [Theory]
    [InlineData(
        "dyld_shared_cache_arm64-macOS",
        """
        type: dyld_shared_cache
        arch: arm64
        uuid: 857BCE1A-017E-3464-9909-D58EE21CF8DC
        platform: macos
        osVersion: null
        localSymbols: false
        files:
          - name=dyld_shared_cache_arm64-macOS  uuid=857BCE1A-017E-3464-9909-D58EE21CF8DC  size=212992
            mappings:
              - address=6442450944  size=98304  fileOffset=0  maxProtection=r-x  initialProtection=r-x  slideVersion=0
              - address=6476103680  size=16384  fileOffset=98304  maxProtection=rw-  initialProtection=rw-  slideVersion=2
              - address=6509674496  size=81920  fileOffset=114688  maxProtection=r--  initialProtection=r--  slideVersion=0
        images:
          - path=/usr/lib/liba-1.0.dylib  uuid=CCBF29D4-5569-3A15-9231-4E14D41A542A  address=6442455040  textSize=16384
          - path=/usr/lib/libb-1.0.dylib  uuid=60D2F3D6-44A2-3910-8750-3A56A3D8FF07  address=6442471424  textSize=16384
        notes: 
        """)]
    [InlineData(
        "dyld_shared_cache_arm64-macOS-objc",
        """
        type: dyld_shared_cache
        arch: arm64
        uuid: 0051C062-211E-3A66-9AF7-D590307D245C
        platform: macos
        osVersion: null
        localSymbols: false
        files:
          - name=dyld_shared_cache_arm64-macOS-objc  uuid=0051C062-211E-3A66-9AF7-D590307D245C  size=622592
            mappings:
              - address=6442450944  size=409600  fileOffset=0  maxProtection=r-x  initialProtection=r-x  slideVersion=0
              - address=6476414976  size=81920  fileOffset=409600  maxProtection=rw-  initialProtection=rw-  slideVersion=2
              - address=6510051328  size=114688  fileOffset=491520  maxProtection=r--  initialProtection=r--  slideVersion=0
        images:
          - path=/usr/lib/libSystem.B.dylib  uuid=02A9128F-27FA-3379-84F0-39D4425B2EE0  address=6442455040  textSize=16384
          - path=/usr/lib/liba-1.0.dylib  uuid=19A9B80A-FC50-359A-8AB3-F8EC0A5B28E1  address=6442471424  textSize=16384
          - path=/usr/lib/libb-1.0.dylib  uuid=BF6E312D-43CA-3B9F-AE00-D4C49CD34FF7  address=6442487808  textSize=16384
          - path=/usr/lib/libc++.1.dylib  uuid=C0867E3B-EA5C-334A-B2B9-9BC49F02CD9E  address=6442504192  textSize=16384
          - path=/usr/lib/libc++abi.dylib  uuid=09DE185E-9C32-310B-8345-BB88296DBEC3  address=6442520576  textSize=16384
          - path=/usr/lib/libhello-1.0.dylib  uuid=7CCBDE17-E0B8-311B-89AE-EECC1C2B48CF  address=6442536960  textSize=16384
          - path=/usr/lib/libobjc.A.dylib  uuid=C0227E25-08A5-3862-A483-8203D8E75460  address=6442553344  textSize=229376
          - path=/usr/lib/system/libdyld.dylib  uuid=4617AAD3-9668-3EB3-8CFE-FC64FF0A3E24  address=6442782720  textSize=16384
        notes: 
        """)]
    public void Inspect_describes_the_caches_that_Apple_built(string name, string expected)
    {
        var path = SampleFiles.Find("dsc/" + name);
        Assert.SkipWhen(path is null, $"the optional sample {name} is not here");
        Assert.Equal(expected.ReplaceLineEndings("\n"), Cli.Run("inspect", path!).Expect(0).Output.ReplaceLineEndings("\n").TrimEnd('\n'));
    }
}
